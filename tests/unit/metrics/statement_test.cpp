// SPDX-License-Identifier: Apache-2.0
// Statements of TPTP and SMT-LIB as trees: what counts and what does not, hand-checked distances, and what is refused.
#include "metrics/statement_tree.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <tuple>

namespace runlake::metrics {
namespace {

std::size_t distance(std::string_view a, std::string_view b, StatementLanguage language) {
    Labels labels;
    const auto first = statement_tree(a, language, labels);
    const auto second = statement_tree(b, language, labels);
    EXPECT_TRUE(first.ok()) << first.error().message();
    EXPECT_TRUE(second.ok()) << second.error().message();
    return first.ok() && second.ok() ? tree_edit_distance(first.value(), second.value()) : 999;
}
std::size_t tptp(std::string_view a, std::string_view b) { return distance(a, b, StatementLanguage::tptp); }
std::size_t smtlib(std::string_view a, std::string_view b) { return distance(a, b, StatementLanguage::smtlib); }
std::size_t nodes(std::string_view text, StatementLanguage language) {
    Labels labels;
    const auto tree = statement_tree(text, language, labels);
    EXPECT_TRUE(tree.ok()) << tree.error().message();
    return tree.ok() ? tree.value().size() : 0;
}
std::string problem(std::string_view text, StatementLanguage language) {
    Labels labels;
    const auto tree = statement_tree(text, language, labels);
    return tree.ok() ? "" : tree.error().message();
}

TEST(TptpStatement, IsTheConjectureWithoutNamesOfVariables) {
    // statement(!(var, =>(p(var), q(var)))): 1 + 1 + 1 + 1 + 2 + 2
    EXPECT_EQ(nodes("fof(a, axiom, r). fof(c, conjecture, ! [X] : ( p(X) => q(X) )).", StatementLanguage::tptp), 8U);
    EXPECT_EQ(tptp("fof(c, conjecture, ! [X] : p(X)).", "% another name\nfof(other, conjecture, (![Y]:p(Y)), file('x', y))."), 0U);
    EXPECT_EQ(tptp("fof(c, conjecture, p(a)).", "fof(c, conjecture, p(b))."), 1U);
    EXPECT_EQ(tptp("fof(c, conjecture, p).", "fof(c, conjecture, ~ p)."), 1U);
    EXPECT_EQ(tptp("fof(c, conjecture, a & b & c).", "fof(c, conjecture, a & b)."), 1U);     // a chain is one node
    EXPECT_EQ(tptp("fof(c, conjecture, a & (b & c)).", "fof(c, conjecture, a & b & c)."), 1U);  // brackets make another
    EXPECT_EQ(tptp("include('Axioms/A.ax'). cnf(n, negated_conjecture, ~ p(X) | q).", "cnf(n, negated_conjecture, ~p(Y)|q). cnf(a, axiom, z)."), 0U);
    EXPECT_EQ(tptp("fof(a, axiom, p). fof(b, axiom, q).", "fof(a, axiom, p)."), 1U);  // without a conjecture all
}

TEST(TptpStatement, ReadsTypesApplicationsAndOddNames) {
    EXPECT_EQ(nodes("tff(t, type, f: $int > $int). tff(c, conjecture, ! [X: $int] : $less(f(X), 1.5)).", StatementLanguage::tptp), 8U);
    EXPECT_EQ(nodes("thf(c, conjecture, ( ( f @ x @ y ) = ( ^ [Z: $i] : z ) )).", StatementLanguage::tptp), 10U);
    EXPECT_EQ(tptp("fof(c, conjecture, 'odd ) name'(X) != Y).", "fof(c, conjecture, ('odd ) name'(Z) != W))."), 0U);
    EXPECT_EQ(tptp("fof(c, conjecture, ! [X] : p(X) => q).", "fof(c, conjecture, (! [X] : p(X)) => q)."), 0U);
}

TEST(TptpStatement, ReadsNumbersWhole) {
    EXPECT_EQ(nodes("tff(c, conjecture, p(1.5E-3, 3/4, -2, 1e5)).", StatementLanguage::tptp), 7U);
    EXPECT_EQ(tptp("tff(c, conjecture, p(1.5E-3)).", "tff(c, conjecture, p(1.5E+3))."), 1U);
    EXPECT_EQ(nodes("fof(1, conjecture, a = 1).", StatementLanguage::tptp), 4U);
}

TEST(TptpStatement, PassesOverAxiomsBesideAConjecture) {
    std::string axioms;
    for (int i = 0; i < 1000; ++i) { axioms += "fof(a, axiom, p(a, b, c, d, e))."; }
    EXPECT_EQ(nodes(axioms + "fof(c, conjecture, q).", StatementLanguage::tptp), 2U);
    EXPECT_EQ(tptp("fof(a, axiom, ') odd ('). fof(a, axiom, ^^^). fof(c, conjecture, q).", "fof(c, conjecture, q)."), 0U);
    EXPECT_NE(problem(axioms, StatementLanguage::tptp).find("4000"), std::string::npos);
}

TEST(TptpStatement, SaysWhereItCanNotBeRead) {
    EXPECT_NE(problem("fof(c, conjecture,\n p(a).", StatementLanguage::tptp).find("line 2"), std::string::npos);
    EXPECT_NE(problem("fof(c, conjecture, ).", StatementLanguage::tptp), "");
    EXPECT_NE(problem("p(a).", StatementLanguage::tptp), "");
    EXPECT_NE(problem("fof(c, conjecture, 'x).", StatementLanguage::tptp), "");
    EXPECT_NE(problem("% nothing\n", StatementLanguage::tptp).find("states nothing"), std::string::npos);
    EXPECT_NE(problem("fof(c, conjecture, " + std::string(100000, '('), StatementLanguage::tptp), "");
    EXPECT_NE(problem("fof(c, conjecture, " + std::string(100000, '(') + "p" + std::string(100000, ')') + ").", StatementLanguage::tptp).find("nested"), std::string::npos);
    EXPECT_NE(problem("fof(c, conjecture, ! [x] : p(x)).", StatementLanguage::tptp).find("variable"), std::string::npos);
    std::string wide = "fof(c, conjecture, p(a";
    for (int i = 0; i < 5000; ++i) { wide += ",a"; }
    EXPECT_NE(problem(wide + ")).", StatementLanguage::tptp).find("4000"), std::string::npos);
}

TEST(SmtlibStatement, IsTheAssertionsWithoutNamesOfBoundVariables) {
    // statement(<=(x, 3)): the declarations do not count.
    EXPECT_EQ(nodes("(set-logic QF_LIA)(declare-fun x () Int)\n(assert (<= x 3))(check-sat)", StatementLanguage::smtlib), 4U);
    EXPECT_EQ(smtlib("(assert (forall ((x Int)) (> x y)))", "(assert (forall ((z Int)) (> z y))) ; a comment"), 0U);
    EXPECT_EQ(smtlib("(assert (forall ((x Int)) (> x y)))", "(assert (forall ((y Int)) (> x y)))"), 2U);  // which of both is bound
    EXPECT_EQ(smtlib("(assert (let ((a (+ x 1))) (= a a)))", "(assert (let ((b (+ x 1))) (= b b)))"), 0U);
    EXPECT_EQ(smtlib("(assert (! (= x 1) :named first))", "(assert (= |x| 1))"), 0U);
    EXPECT_EQ(smtlib("(assert p)(assert q)", "(assert p)"), 1U);
    EXPECT_EQ(smtlib("(assert (= s \"a\"\"(b\"))", "(assert (= s \"c\"))"), 1U);
    EXPECT_EQ(nodes("(assert (= ((_ extract 7 0) x) #x00))", StatementLanguage::smtlib), 9U);
}

TEST(SmtlibStatement, SaysWhereItCanNotBeRead) {
    EXPECT_NE(problem("(assert (= x 1)\n", StatementLanguage::smtlib).find("line 2"), std::string::npos);
    EXPECT_NE(problem("(assert ())", StatementLanguage::smtlib), "");
    EXPECT_NE(problem("assert", StatementLanguage::smtlib), "");
    EXPECT_NE(problem("(check-sat)", StatementLanguage::smtlib).find("states nothing"), std::string::npos);
    EXPECT_NE(problem("(assert " + std::string(100000, '('), StatementLanguage::smtlib), "");
    EXPECT_NE(problem("(assert (f |x))", StatementLanguage::smtlib), "");
}

// A formula over three variables; `names` are what they are called.
std::string random_tptp(std::mt19937& random, const std::array<std::string, 3>& names, int depth) {
    const auto& name = names[random() % names.size()];
    const std::uint32_t kind = random() % 6;
    if (depth == 0 || kind == 0) { return (random() % 2 == 0 ? "p(" : "q(") + name + (random() % 2 == 0 ? ")" : ", a)"); }
    const char* const operators[] = {" & ", " | ", " => ", " <=> "};
    if (kind < 3) {
        const auto* const op = operators[random() % 4];
        const auto left = random_tptp(random, names, depth - 1);
        return "(" + left + op + random_tptp(random, names, depth - 1) + ")";
    }
    if (kind == 3) { return "~ " + random_tptp(random, names, depth - 1); }
    return (random() % 2 == 0 ? "! [" : "? [") + name + "] : " + random_tptp(random, names, depth - 1);
}
std::string random_smtlib(std::mt19937& random, const std::array<std::string, 3>& names, int depth) {
    const auto& name = names[random() % names.size()];
    const std::uint32_t kind = random() % 5;
    if (depth == 0 || kind == 0) { return "(> " + name + (random() % 2 == 0 ? " 1)" : " 2)"); }
    if (kind < 3) {
        const auto left = random_smtlib(random, names, depth - 1);
        return (random() % 2 == 0 ? "(and " : "(or ") + left + " " + random_smtlib(random, names, depth - 1) + ")";
    }
    return "(forall ((" + name + " Int)) " + random_smtlib(random, names, depth - 1) + ")";
}

TEST(StatementLaws, NamesOfVariablesDoNotCountAndDistancesAreSymmetricFromZeroToOne) {
    const std::array<std::string, 3> names = {"X", "Y", "Z"};
    const std::array<std::string, 3> others = {"Long_name", "Y2", "A"};
    for (std::uint32_t seed = 0; seed < 150; ++seed) {
        std::mt19937 one(seed);
        std::mt19937 again(seed);
        std::mt19937 other(seed + 1000);
        const auto of_tptp = [](const std::string& formula) { return "fof(c, conjecture, " + formula + ")."; };
        // All are bound around, so that none is free.
        const auto of_smtlib = [](const std::array<std::string, 3>& variables, const std::string& term) {
            return "(assert (forall ((" + variables[0] + " Int) (" + variables[1] + " Int) (" + variables[2] + " Int)) " + term + "))";
        };
        const std::string first = of_tptp(random_tptp(one, names, 4));
        const std::string second = of_tptp(random_tptp(other, names, 4));
        ASSERT_EQ(tptp(first, of_tptp(random_tptp(again, others, 4))), 0U) << first;
        const std::string third = of_smtlib(names, random_smtlib(one, names, 4));
        const std::string fourth = of_smtlib(names, random_smtlib(other, names, 4));
        ASSERT_EQ(smtlib(third, of_smtlib(others, random_smtlib(again, others, 4))), 0U) << third;
        for (const auto& [a, b, language] : {std::tuple(first, second, StatementLanguage::tptp), std::tuple(third, fourth, StatementLanguage::smtlib)}) {
            Labels labels;
            const auto x = statement_tree(a, language, labels);
            const auto y = statement_tree(b, language, labels);
            ASSERT_TRUE(x.ok() && y.ok()) << a << b;
            const double distance = normalized_tree_edit_distance(x.value(), y.value());
            ASSERT_EQ(distance, normalized_tree_edit_distance(y.value(), x.value()));
            ASSERT_GE(distance, 0.0);
            ASSERT_LE(distance, 1.0);
            ASSERT_EQ(normalized_tree_edit_distance(x.value(), x.value()), 0.0);
        }
    }
}

}  // namespace
}  // namespace runlake::metrics
