// SPDX-License-Identifier: Apache-2.0
// The redactor on texts, argument vectors and values. Texts that look like real secrets are put together at run time, so that no
// scanner of repositories takes this file for a leak.
#include "core/redact.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace runlake::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Letters and digits without pattern, the same at each call.
std::string random_text(std::size_t length, std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
    std::string out;
    std::uint64_t state = 88'172'645'463'325'252ULL + length;
    while (out.size() < length) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        out += alphabet[state % alphabet.size()];
    }
    out[length / 2] = '7';
    return out;
}

std::string dashes() { return std::string(5, '-'); }
std::string pem(std::string_view kind) {
    return cat(dashes(), "BEGIN ", kind, dashes(), "\n", random_text(64), "\n", random_text(40), "==\n", dashes(), "END ", kind, dashes());
}

struct Secret {
    std::string text;
    std::string hidden;  // must not be in the result
};

std::vector<Secret> secrets() {
    const std::string s = random_text(12);
    const std::string upper = random_text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    std::vector<Secret> all;
    for (const std::string& text : {
             cat("password=", s), cat("PASSWORD = ", s), cat("password: ", s), cat("\"password\": \"", s, "\""), cat("'api_key': '", s, "'"),
             cat("{\\\"token\\\": \\\"", s, "\\\"}"), cat("--password ", s), cat("--password=", s), cat("-token ", s), cat("export PGPASSWORD=", s, " && psql"),
             cat("token=\"a ", s, " b\""), cat("token='''a\n", s, "'''"), cat("password=b'", s, "'"), cat("secret => \"", s, "\""), cat("secret := ", s),
             cat("if password == '", s, "':"), cat("postgres://user:", s, "@host/db"), cat("redis://:", s, "@host"), cat("https://user:a@", s, "@host/x"),
             cat("Authorization: Bearer ", s), cat("authorization: Basic ", s), cat("-H 'Authorization: Token token=", s, "' url"), cat("Bearer ", s, " x"),
             cat("Cookie: a=b; c=", s), cat("set-cookie: id=x; k=", s, "; Path=/"), cat("auth=Bearer ", s), cat("<password>", s, "</password>"),
             cat("Server=x;Password=", s, ";Database=d"), cat("k1=v1,password=", s, ",k2=v2"), cat("url?x=1&access_token=", s, "&y=2"), cat("url?a=1&sig=", s),
             cat("connect(host='h', password='", s, "')"), cat("Config(secret=", s, ")"), cat("password=[\"a\", \"", s, "\"]"), cat("credentials={'a': '", s, "'} x"),
             cat("password: two ", s), cat("//host/:_authToken=", s), cat("AccountKey=", s, "=="), cat("session_id=", s),
             cat("password=\"open ", s), cat("password=a,", s), cat("password=a;", s), cat("token:", s), cat("session: ", s), cat("x\n  - secret: ", s),
         }) {
        all.push_back({text, s});
    }
    for (const std::string prefix : {"AK", "AS"}) { all.push_back({cat("key ", prefix, "IA", upper, "."), upper}); }
    for (const std::string letter : {"p", "o", "u", "s", "r"}) { all.push_back({cat("gh", letter, "_", random_text(36)), random_text(36)}); }
    all.push_back({cat("github_", "pat_", random_text(22), "_", random_text(59)), random_text(59)});
    all.push_back({cat("gl", "pat-", random_text(20)), random_text(20)});
    for (const std::string letter : {"a", "b", "p", "r", "s"}) { all.push_back({cat("xo", "x", letter, "-1234567890-", random_text(24)), random_text(24)}); }
    all.push_back({cat("AI", "za", random_text(35)), random_text(35)});
    all.push_back({cat("ya", "29.", random_text(60)), random_text(60)});
    all.push_back({cat("GOC", "SPX-", random_text(28)), random_text(28)});
    all.push_back({cat("s", "k-proj-", random_text(40)), random_text(40)});
    all.push_back({cat("h", "f_", random_text(34)), random_text(34)});
    all.push_back({cat("s", "k_live_", random_text(24)), random_text(24)});
    all.push_back({cat("np", "m_", random_text(36)), random_text(36)});
    all.push_back({cat("ey", "J", random_text(20), ".", "ey", "J", random_text(40), ".", random_text(43)), random_text(43)});
    all.push_back({cat("ey", "J", random_text(20), ".", "ey", "J", random_text(40)), random_text(40)});
    all.push_back({cat("clone https://", random_text(40), "@github.com/a/b"), random_text(40)});
    for (const std::string kind : {"PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK"}) {
        all.push_back({cat("before\n", pem(kind), "\nafter"), random_text(64)});
    }
    const std::string whole = pem("PRIVATE KEY");
    all.push_back({whole.substr(0, whole.size() - 40), random_text(64)});  // cut at its end
    all.push_back({whole.substr(40), random_text(64).substr(40)});         // cut at its beginning
    return all;
}

TEST(RedactText, HidesSecrets) {
    for (const Secret& secret : secrets()) {
        const std::string out = redact_text(secret.text);
        EXPECT_THAT(out, HasSubstr(std::string(k_redacted))) << secret.text;
        EXPECT_THAT(out, Not(HasSubstr(secret.hidden))) << secret.text;
        EXPECT_THAT(redact_text("at x.py, line 3\n" + secret.text + "\nnext line"), Not(HasSubstr(secret.hidden))) << secret.text;
    }
}

TEST(RedactText, IsIdempotent) {
    for (const Secret& secret : secrets()) {
        const std::string once = redact_text(secret.text);
        EXPECT_EQ(redact_text(once), once) << secret.text;
    }
}

TEST(RedactText, KeepsWhatStandsAround) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"a password=x1 b", "a password=[redacted] b"},
        {"{\"password\": \"x1\", \"n\": 2}", "{\"password\": \"[redacted]\", \"n\": 2}"},
        {"https://bob:pw1@h.org:8080/x?y#z", "https://bob:[redacted]@h.org:8080/x?y#z"},
        {"-H 'Authorization: Bearer x' url", "-H 'Authorization: [redacted]' url"},
        {"connect(password=ab1, user=x)", "connect(password=[redacted], user=x)"},
        {"Password=ab1;Database=d", "Password=[redacted];Database=d"},
        {"u?access_token=ab1&y=2", "u?access_token=[redacted]&y=2"},
        {"--password x1 --tokens 5", "--password [redacted] --tokens 5"},
        {"<password>ab1</password>", "<password>[redacted]</password>"},
        {"password: two words\nnext: x", "password: [redacted]\nnext: x"},
        {"a='x' password='y1' z='w'", "a='x' password='[redacted]' z='w'"},
        {"GET / HTTP/1.1\\r\\nCookie: a=b\\r\\nHost: h", "GET / HTTP/1.1\\r\\nCookie: [redacted]\\r\\nHost: h"},
    };
    for (const auto& [text, expected] : cases) { EXPECT_EQ(redact_text(text), expected); }
    EXPECT_EQ(redact_text(cat("before\n", pem("PRIVATE KEY"), "\nafter")), "before\n[redacted]\nafter");
}

TEST(RedactText, LeavesOrdinaryTextsAlone) {
    const std::string sha = random_text(40, "0123456789abcdef");
    for (const std::string& text : {
             std::string(), std::string("plain"), std::string("--tokens 5"), std::string("token_count=3"), std::string("n_tokens=4 max_tokens: 512"),
             std::string("author=x"), std::string("Author: A. Person <a@b.org>"), std::string("PWD=/home/me/project"), std::string("/home/me/tokens/session.log"),
             cat("commit ", sha), cat("sha256:", sha), std::string("3f2504e0-4f89-41d3-9a0c-0305e82c3301"), std::string("git@github.com:a/b.git"),
             std::string("ssh://git@host/a"), std::string("https://host:8443/a@b"), std::string("http://[::1]:80/"), std::string("auth: permission denied"),
             std::string("session: closed"), std::string("SyntaxError: unexpected token: '}'"), std::string("std::auth::token<int>"), std::string("bearer of news"),
             std::string("Basic authentication failed"), std::string("password="), std::string("password=\nx"), std::string("password: ********"), std::string("token=None, password=null"),
             std::string("--no-password now"), std::string("secretary: Ann"), std::string("key=value"), std::string("sk-learn-contrib-examples-of-things"),
             std::string("task-runner"), std::string("eyJust a word"), std::string("lr=0.1 seed=3 sig=0.05"), std::string("x ? y : z"), cat(dashes(), "BEGIN CERTIFICATE", dashes()),
             std::string("executing /etc/passwd: permission denied"), std::string("cat: /root/.aws/credentials: No such file or directory\nsecret: Is a directory, really"),
             std::string("--password --verbose"), std::string("AKIAshort"), std::string("a - token b"), std::string("ghp_short"), std::string("C:\\Users\\x"),
             std::string("\xFF\xFE\x00", 3), std::string("password"), std::string("password:"), std::string("the password is wrong"),
         }) {
        EXPECT_EQ(redact_text(text), text);
    }
}

// The table of docs/guide/redaction.md: `text` and what is kept of it.
TEST(RedactText, ExamplesOfTheGuideHold) {
    std::ifstream guide(RUNLAKE_SOURCE_DIR "/docs/guide/redaction.md");
    std::size_t examples = 0;
    for (std::string line; std::getline(guide, line);) {
        const std::vector<std::string_view> parts = split(line, '|');
        if (parts.size() != 4 || !trim(parts[1]).starts_with('`')) { continue; }
        const auto unquoted = [](std::string_view cell) { return trim(cell).substr(1, trim(cell).size() - 2); };
        const std::string_view text = unquoted(parts[1]);
        EXPECT_EQ(redact_text(text), trim(parts[2]) == "unchanged" ? text : unquoted(parts[2]));
        ++examples;
    }
    EXPECT_GE(examples, 7U);
}

TEST(RedactText, GrowsByAtMostOneMarkPerHit) {
    for (const Secret& secret : secrets()) {
        const std::string out = redact_text(secret.text);
        std::size_t hits = 0;
        for (std::size_t at = out.find(k_redacted); at != std::string::npos; at = out.find(k_redacted, at + 1)) { ++hits; }
        EXPECT_LE(out.size(), secret.text.size() + hits * k_redacted.size());
    }
}

// A quadratic step would take minutes for each of these; the test's own limit is the only clock. Sanitizers look at every
// access and get shorter texts.
TEST(RedactText, TakesLinearTimeOnAnyText) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr std::size_t k_size = 100'000;
#else
    constexpr std::size_t k_size = 1'000'000;
#endif
    for (const std::string& piece : {
             std::string("a"), std::string("-"), std::string("_"), std::string("."), std::string("password"), std::string("password="), std::string("password "),
             std::string("password:"), std::string("password=\""), std::string("password='\\"), std::string("password={"), std::string("password=["),
             std::string("password=a,"), std::string("password=a,b"), std::string("password=,"), std::string("password=[] "), std::string("password={}"), std::string("password=)"), std::string("://"), std::string("a://b:"), std::string("://a@"),
             std::string("ey") + "J", std::string("ey") + "J-", std::string("ey") + "Jaaaaaaaaaa.", std::string("s") + "k-", std::string("gh") + "p_",
             std::string("Bearer "), std::string("basic\t"), std::string("--token "), std::string("-token"), dashes() + "BEGIN ",
             dashes() + "BEGIN PRIVATE KEY" + dashes(), dashes() + "END PRIVATE KEY" + dashes() + "\n", std::string("QUFB\n"), std::string("Cookie: "),
             std::string("\\\""), std::string("\"password\\"), std::string("<password>"), std::string("password=\"\"\""), std::string(" "), std::string("token \t"),
             std::string("&sig="), std::string("password=\n"), std::string("ya") + "29.", std::string("aB"), std::string("password==>"), std::string("token='"),
         }) {
        std::string text;
        text.reserve(k_size + piece.size());
        while (text.size() < k_size) { text += piece; }
        EXPECT_FALSE(redact_text(text).empty());
        const std::string part = redact_text("password" + text.substr(0, k_size / 10) + "=x\"");
        EXPECT_EQ(redact_text(part), part) << piece;
    }
}

TEST(RedactArgv, HidesValuesOfSecretOptions) {
    EXPECT_THAT(redact_argv({"prog", "--password", "a b", "--api-key=x y", "TOKEN=p q", "-p=x", "--tokens", "5", "file.txt"}),
                ElementsAre("prog", "--password", "[redacted]", "--api-key=[redacted]", "TOKEN=[redacted]", "-p=[redacted]", "--tokens", "5", "file.txt"));
    EXPECT_THAT(redact_argv({"prog", "--token"}), ElementsAre("prog", "--token"));
    EXPECT_THAT(redact_argv({"prog", "--password", "--verbose", "x"}), ElementsAre("prog", "--password", "--verbose", "x"));
    EXPECT_THAT(redact_argv({"prog", "--password", "-x", "y"}), ElementsAre("prog", "--password", "[redacted]", "y"));
    EXPECT_THAT(redact_argv({"prog", "-p=8080", "-p", "80"}), ElementsAre("prog", "-p=8080", "-p", "80"));
    EXPECT_THAT(redact_argv({}), ElementsAre());
    EXPECT_THAT(redact_argv({"", ""}), ElementsAre("", ""));
}

TEST(RedactArgv, KnowsProgramsThatTakePasswordsInShortOptions) {
    EXPECT_THAT(redact_argv({"/usr/bin/mysql", "-uroot", "-phunter2", "-p"}), ElementsAre("/usr/bin/mysql", "-uroot", "-p[redacted]", "-p"));
    EXPECT_THAT(redact_argv({"sshpass", "-p", "hunter2", "ssh", "h"}), ElementsAre("sshpass", "-p", "[redacted]", "ssh", "h"));
    EXPECT_THAT(redact_argv({"curl", "-u", "bob:hunter2", "http://h"}), ElementsAre("curl", "-u", "bob:[redacted]", "http://h"));
    EXPECT_THAT(redact_argv({"docker", "--user", "1000:1000"}), ElementsAre("docker", "--user", "1000:1000"));
}

TEST(RedactArgv, HidesSecretsWithinArguments) {
    const std::string token = cat("gh", "p_", random_text(36));
    EXPECT_THAT(redact_argv({"git", "clone", "https://x:" + token + "@h/r", "bash", "-c", "make TOKEN=abc x"}),
                ElementsAre("git", "clone", "https://x:[redacted]@h/r", "bash", "-c", "make TOKEN=[redacted] x"));
}

TEST(RedactArgv, IsIdempotent) {
    const std::vector<std::string> argv = {"sshpass", "-p", "x1", "--password", "y", "mysql", "-p=z", "A_TOKEN=1 2", "--cookie=a=b", "-u", "a:b"};
    EXPECT_EQ(redact_argv(redact_argv(argv)), redact_argv(argv));
}

TEST(RedactValue, BySecretNameAtAnyDepth) {
    Json value;
    value.set("lr", 0.1).set("db", Json::object().set("password", "x").set("port", 5432)).set("token", 12345).set("auth", Json::object().set("a", 1));
    value.set("list", Json(JsonArray{Json("password=abc"), Json(1)})).set("secret", Json()).set("use_token", true);
    EXPECT_EQ(to_json(redact_value("params", value)),
              R"({"lr":0.1,"db":{"password":"[redacted]","port":5432},"token":"[redacted]","auth":"[redacted]","list":["password=[redacted]",1],"secret":null,"use_token":true})");
    EXPECT_EQ(redact_value("api_key", Json("x")), Json("[redacted]"));
    EXPECT_EQ(redact_value("max_tokens", Json(512)), Json(512));
}

TEST(RedactValue, ListsOfTextsAreCommandLines) {
    const Json argv(JsonArray{Json("run"), Json("--password"), Json("x"), Json("y")});
    EXPECT_EQ(to_json(redact_value("command", argv)), R"(["run","--password","[redacted]","y"])");
}

}  // namespace
}  // namespace runlake::core
