// SPDX-License-Identifier: Apache-2.0
#include "metrics/statement_tree.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace runlake::metrics {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::string_view k_bound = "var";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$'; }

template <std::size_t N>
bool is_among(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::ranges::find(words, word) != words.end();
}

// What both languages share: a text, a place in it, and a tree under construction.
class Reader {
  public:
    Reader(std::string_view text, Labels& labels) : text_(text), labels_(labels) {}

  protected:
    using Node = core::Result<std::size_t>;

    Error bad(std::string_view why) const {
        const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size())), '\n');
        return {Errc::corrupt, cat("line ", line, ": ", why)};
    }
    Node add(std::string_view label, std::vector<std::size_t> children) {
        if (nodes_.size() >= k_max_statement_nodes) { return bad(cat("a statement of more than ", k_max_statement_nodes, " nodes")); }
        nodes_.push_back({.label = labels_.id(label), .children = std::move(children)});
        return nodes_.size() - 1;
    }
    core::Result<Tree> tree(std::vector<std::size_t> children) {
        if (children.empty()) { return Error(Errc::not_found, "it states nothing"); }
        nodes_.push_back({.label = labels_.id("statement"), .children = std::move(children)});
        return Tree(nodes_, nodes_.size() - 1);
    }
    // Counts how deep it goes, for as long as it lives.
    class Depth {
      public:
        explicit Depth(int& depth) : depth_(depth) { ++depth_; }
        ~Depth() { --depth_; }
        Depth(const Depth&) = delete;
        Depth& operator=(const Depth&) = delete;
        bool is_too_deep() const { return depth_ > k_max_statement_depth; }

      private:
        int& depth_;
    };
    // Past a text in quotes, in which a backslash keeps the next character.
    core::Status skip_quoted(char quote) {
        for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
            if (text_[at_] == '\\') { ++at_; }
        }
        if (at_ >= text_.size()) { return bad("a quote that is not closed"); }
        ++at_;
        return core::ok();
    }

    std::string_view text_;
    Labels& labels_;
    std::vector<TreeNode> nodes_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

constexpr auto k_kinds = std::to_array<std::string_view>({"fof", "cnf", "tff", "tcf", "thf", "include"});
constexpr auto k_connectives = std::to_array<std::string_view>({"<=>", "<~>", "-->", "=>", "<=", "~&", "~|", "&", "|", ">", "*", "+", "<<"});
constexpr auto k_binders = std::to_array<std::string_view>({"!", "?", "^", "!>", "?*", "@+", "@-"});
// Of several characters; a longer one stands before those it begins with.
constexpr auto k_operators = std::to_array<std::string_view>({"<=>", "<~>", "-->", "@@+", "@@-", "=>", "<=", "~&", "~|", "!=", ":=", "==", "!>", "?*", "!!", "??", "@+", "@-", "@=", "<<"});

bool is_variable(std::string_view token) { return token.front() >= 'A' && token.front() <= 'Z'; }

class Tptp : public Reader {
  public:
    using Reader::Reader;

    // The roles are looked at first, so that axioms beside a conjecture cost no nodes.
    core::Result<Tree> run() {
        std::set<std::string_view> roles;
        RL_TRY(each_formula([&](std::string_view role) {
            roles.insert(role);
            return core::ok();
        }));
        std::string_view wanted;
        for (const std::string_view role : {"negated_conjecture", "conjecture"}) {
            if (roles.contains(role)) { wanted = role; }
        }
        std::vector<std::size_t> formulas;
        RL_TRY(each_formula([&](std::string_view role) -> core::Status {
            if (wanted.empty() ? role == k_declares : role != wanted) { return core::ok(); }
            RL_ASSIGN(const auto node, expression(0));
            formulas.push_back(node);
            return core::ok();
        }));
        return tree(std::move(formulas));
    }

  private:
    static constexpr std::string_view k_declares = "type";  // a symbol; it states nothing

    // The next token, "" at the end.
    core::Status next() {
        while (at_ < text_.size()) {
            if (is_space(text_[at_])) {
                ++at_;
            } else if (text_[at_] == '%') {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if (text_.substr(at_, 2) == "/*") {
                const auto end = text_.find("*/", at_ + 2);
                if (end == std::string_view::npos) { return bad("a comment that is not closed"); }
                at_ = end + 2;
            } else {
                break;
            }
        }
        const std::size_t begin = at_;
        if (at_ >= text_.size()) {
            token_ = {};
            return core::ok();
        }
        const char c = text_[at_];
        if (c == '\'' || c == '"') {
            RL_TRY(skip_quoted(c));
        } else if (is_digit(c)) {
            pass_number();
        } else if (is_word(c)) {
            pass_word();
        } else {
            const auto* const found = std::ranges::find_if(k_operators, [&](std::string_view one) { return text_.substr(at_).starts_with(one); });
            at_ += found == k_operators.end() ? 1 : found->size();
        }
        token_ = text_.substr(begin, at_ - begin);
        return core::ok();
    }
    void pass_word() {
        while (at_ < text_.size() && is_word(text_[at_])) { ++at_; }
    }
    bool is_digit_at(std::size_t at) const { return at < text_.size() && is_digit(text_[at]); }
    // "12", "3/4", "1.5", "1.5E-3"; the dot behind the last formula's number belongs to none.
    void pass_number() {
        pass_word();  // names of formulas may begin with digits
        if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '/') && is_digit_at(at_ + 1)) {
            ++at_;
            pass_word();
        }
        const char last = text_[at_ - 1];
        if ((last == 'e' || last == 'E') && at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-') && is_digit_at(at_ + 1)) {
            ++at_;
            pass_word();
        }
    }
    // The token, for a message.
    std::string shown() const { return cat('"', core::valid_utf8(token_.substr(0, 40)), '"'); }
    core::Status expect(std::string_view token) {
        if (token_ != token) { return bad(cat("\"", token, "\" is expected, there is ", shown())); }
        return next();
    }

    // Calls `formula` with the role of each, from the text's beginning, at the first token of what it says; how much of that is read is the callee's affair.
    template <class Formula>
    core::Status each_formula(const Formula& formula) {
        at_ = 0;
        RL_TRY(next());
        while (!token_.empty()) {
            const std::string_view kind = token_;
            if (!is_among(kind, k_kinds)) { return bad(cat("no formula begins with ", shown())); }
            RL_TRY(next());
            RL_TRY(expect("("));
            if (kind != "include") {
                RL_TRY(next());
                RL_TRY(expect(","));
                const std::string_view role = token_;
                RL_TRY(next());
                // "axiom-local": a role may have a second word.
                while (token_ == "-" || (!token_.empty() && is_word(token_.front()))) { RL_TRY(next()); }
                RL_TRY(expect(","));
                RL_TRY(formula(role));
            }
            RL_TRY(skip_rest());
            RL_TRY(expect("."));
        }
        return core::ok();
    }
    // To behind the bracket that closes the formula: names of sources and the like.
    core::Status skip_rest() {
        for (int open = 1; open > 0;) {
            if (token_.empty()) { return bad("a formula that is not closed"); }
            open += token_ == "(" ? 1 : token_ == ")" ? -1 : 0;
            RL_TRY(next());
        }
        return core::ok();
    }

    // How tightly an operator binds: connectives, equations, application. -1: it is none.
    static int level_of(std::string_view token) {
        if (is_among(token, k_connectives)) { return 0; }
        if (token == "=" || token == "!=" || token == ":=" || token == "==") { return 1; }
        return token == "@" ? 2 : -1;
    }
    // Operators of a level and those that bind tighter; of one level from left to right, a chain of one operator as one node.
    Node expression(int level) {  // NOLINT(misc-no-recursion)
        const Depth deeper(depth_);
        if (deeper.is_too_deep()) { return bad("too deeply nested"); }
        if (level > 2) { return unary(); }
        RL_ASSIGN(auto left, expression(level + 1));
        std::string_view chain;
        while (level_of(token_) == level) {
            const std::string_view op = token_;
            RL_TRY(next());
            RL_ASSIGN(const auto right, expression(level + 1));
            if (op == chain && level != 1) {
                nodes_[left].children.push_back(right);
                continue;
            }
            RL_ASSIGN(left, add(op, {left, right}));
            chain = op;
        }
        return left;
    }
    Node unary() {  // NOLINT(misc-no-recursion)
        const Depth deeper(depth_);
        if (deeper.is_too_deep()) { return bad("too deeply nested"); }
        if (token_ == "~") {
            RL_TRY(next());
            RL_ASSIGN(const auto of, unary());
            return add("~", {of});
        }
        return is_among(token_, k_binders) ? binder() : primary();
    }
    Node binder() {  // NOLINT(misc-no-recursion)
        const std::string_view label = token_;
        RL_TRY(next());
        RL_TRY(expect("["));
        std::vector<std::size_t> children;
        while (token_ != "]") {
            if (token_.empty() || !is_variable(token_)) { return bad(cat("a variable is expected, there is ", shown())); }
            RL_TRY(next());  // its name does not count
            std::vector<std::size_t> types;
            if (token_ == ":") {
                RL_TRY(next());
                RL_ASSIGN(const auto type, expression(0));
                types.push_back(type);
            }
            RL_ASSIGN(const auto variable, add(k_bound, std::move(types)));
            children.push_back(variable);
            if (token_ == ",") { RL_TRY(next()); }
        }
        RL_TRY(next());
        RL_TRY(expect(":"));
        RL_ASSIGN(const auto body, expression(1));  // "! [X] : p(X) = q": the equation is the body, a connective behind it is not
        children.push_back(body);
        return add(label, std::move(children));
    }

    core::Result<std::vector<std::size_t>> list(std::string_view end) {  // NOLINT(misc-no-recursion)
        std::vector<std::size_t> out;
        RL_TRY(next());
        while (token_ != end) {
            if (token_.empty()) { return bad("a list that is not closed"); }
            RL_ASSIGN(const auto item, expression(0));
            out.push_back(item);
            if (token_ == ",") {
                RL_TRY(next());
            } else if (token_ != end) {
                return bad(cat("\",\" or \"", end, "\" is expected"));
            }
        }
        RL_TRY(next());
        return out;
    }
    Node primary() {  // NOLINT(misc-no-recursion)
        if (token_ == "(") {
            RL_TRY(next());
            // An operator may stand alone in brackets.
            if (level_of(token_) >= 0 || token_ == "~") {
                const std::string_view op = token_;
                const std::size_t before = at_;
                RL_TRY(next());
                if (token_ == ")") {
                    RL_TRY(next());
                    return add(op, {});
                }
                if (op != "~") { return bad("an operator without a left side"); }
                at_ = before;
                token_ = "~";
            }
            RL_ASSIGN(const auto inner, expression(0));
            RL_TRY(expect(")"));
            return inner;
        }
        if (token_ == "[") {
            RL_ASSIGN(auto items, list("]"));
            return add("[]", std::move(items));
        }
        if (token_.empty()) { return bad("the text ends within a formula"); }
        if (token_ == "-" || token_ == "+") {
            const std::string_view sign = token_;
            RL_TRY(next());
            RL_ASSIGN(const auto of, primary());
            return add(sign, {of});
        }
        const char first = token_.front();
        if (!is_word(first) && first != '\'' && first != '"') { return bad(cat(shown(), " begins no formula")); }
        const std::string_view label = is_variable(token_) ? k_bound : token_;
        RL_TRY(next());
        if (token_ != "(") { return add(label, {}); }
        RL_ASSIGN(auto arguments, list(")"));
        return add(label, std::move(arguments));
    }

    std::string_view token_;  // of text_, as every word that is kept of it
};

class Smtlib : public Reader {
  public:
    using Reader::Reader;

    core::Result<Tree> run() {
        std::vector<std::size_t> assertions;
        for (;;) {
            skip_space();
            if (at_ >= text_.size()) { return tree(std::move(assertions)); }
            if (text_[at_] != '(') { return bad("no command begins here"); }
            ++at_;
            RL_ASSIGN(const auto command, atom());
            if (command == "assert") {
                RL_ASSIGN(const auto term_node, term());
                assertions.push_back(term_node);
                RL_TRY(close());
            } else {
                RL_TRY(skip_list());
            }
        }
    }

  private:
    void skip_space() {
        while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ';')) {
            at_ = text_[at_] == ';' ? std::min(text_.find('\n', at_), text_.size()) : at_ + 1;
        }
    }
    bool is_at(char c) {
        skip_space();
        return at_ < text_.size() && text_[at_] == c;
    }
    core::Status close() {
        if (!is_at(')')) { return bad("\")\" is expected"); }
        ++at_;
        return core::ok();
    }
    // A view of the text.
    core::Result<std::string_view> atom() {
        skip_space();
        const std::size_t begin = at_;
        if (at_ >= text_.size()) { return bad("the text ends within a list"); }
        const char c = text_[at_];
        if (c == '|') {
            const auto end = text_.find('|', at_ + 1);
            if (end == std::string_view::npos) { return bad("a quoted symbol that is not closed"); }
            at_ = end + 1;
            return text_.substr(begin + 1, end - begin - 1);  // |x| is x
        }
        if (c == '"') {
            do {  // a quote in a text is written twice
                const auto end = text_.find('"', at_ + 1);
                if (end == std::string_view::npos) { return bad("a text that is not closed"); }
                at_ = end + 1;
            } while (at_ < text_.size() && text_[at_] == '"');
            return text_.substr(begin, at_ - begin);
        }
        while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '(' && text_[at_] != ')' && text_[at_] != ';' && text_[at_] != '"') { ++at_; }
        if (at_ == begin) { return bad("a symbol is expected"); }
        return text_.substr(begin, at_ - begin);
    }
    // To behind the bracket that closes the list that was opened before.
    core::Status skip_list() {
        for (int open = 1; open > 0;) {
            skip_space();
            if (at_ >= text_.size()) { return bad("a list that is not closed"); }
            if (text_[at_] == '(' || text_[at_] == ')') {
                open += text_[at_] == '(' ? 1 : -1;
                ++at_;
            } else {
                RL_TRY(atom());
            }
        }
        return core::ok();
    }

    Node term() {  // NOLINT(misc-no-recursion)
        const Depth deeper(depth_);
        if (deeper.is_too_deep()) { return bad("too deeply nested"); }
        if (!is_at('(')) {
            RL_ASSIGN(const auto symbol, atom());
            const auto bound = bound_.find(symbol);
            return add(bound != bound_.end() && bound->second > 0 ? k_bound : symbol, {});
        }
        ++at_;
        if (is_at(')')) { return bad("an empty term"); }
        if (is_at('(')) {
            // ((_ extract 7 0) x), ((as f T) x)
            std::vector<std::size_t> children;
            RL_TRY(rest(children));
            return add("apply", std::move(children));
        }
        RL_ASSIGN(const auto head, atom());
        if (head == "forall" || head == "exists" || head == "let") { return binder(head); }
        std::vector<std::size_t> children;
        if (head == "!") {
            // What is annotated counts, annotations do not.
            RL_ASSIGN(const auto of, term());
            RL_TRY(skip_list());
            return of;
        }
        RL_TRY(rest(children));
        return add(head, std::move(children));
    }
    core::Status rest(std::vector<std::size_t>& children) {  // NOLINT(misc-no-recursion)
        while (!is_at(')')) {
            RL_ASSIGN(const auto child, term());
            children.push_back(child);
        }
        ++at_;
        return core::ok();
    }
    Node binder(std::string_view head) {  // NOLINT(misc-no-recursion)
        if (!is_at('(')) { return bad("a list of variables is expected"); }
        ++at_;
        std::vector<std::string_view> names;
        std::vector<std::size_t> children;
        while (is_at('(')) {
            ++at_;
            RL_ASSIGN(const auto name, atom());
            names.push_back(name);
            RL_ASSIGN(const auto of, term());  // a sort, or what a name stands for: not in its own scope
            children.push_back(of);
            RL_TRY(close());
        }
        RL_TRY(close());
        for (const auto& name : names) { ++bound_[name]; }
        auto body = term();
        for (const auto& name : names) { --bound_[name]; }
        if (!body.ok()) { return body; }
        children.push_back(body.value());
        RL_TRY(close());
        return add(head, std::move(children));
    }

    std::map<std::string_view, int> bound_;
};

}  // namespace

core::Result<Tree> statement_tree(std::string_view text, StatementLanguage language, Labels& labels) {
    return language == StatementLanguage::tptp ? Tptp(text, labels).run() : Smtlib(text, labels).run();
}

}  // namespace runlake::metrics
