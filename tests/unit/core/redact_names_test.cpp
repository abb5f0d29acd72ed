// SPDX-License-Identifier: Apache-2.0
// Which names say that their value is a secret, and which only look like it.
#include <gtest/gtest.h>

#include "core/redact.hpp"

namespace runlake::core {
namespace {

TEST(SecretName, Secrets) {
    for (const std::string_view name :
         {"password", "PASSWORD", "Password", "passwd", "passphrase", "secret", "secrets", "token", "TOKEN", "api_key", "api-key", "api.key", "apikey",
          "apiKey", "APIKey", "APIKEY", "access_key", "private_key", "credential", "credentials", "auth", "cookie", "session", "session_id",
          "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SECRET_KEY_BASE", "GITHUB_TOKEN", "HF_TOKEN", "WANDB_API_KEY", "OPENAI_API_KEY", "PGPASSWORD",
          "MYSQL_PWD", "DB_PASS", "dbPassword", "clientSecret", "client_secret", "accessToken", "refresh_token", "authToken", "_authToken", "_auth",
          "http_auth", "Authorization", "Proxy-Authorization", "Set-Cookie", "Cookie", "sessionid", "PHPSESSID", "JSESSIONID", "X-Api-Key", "x-amz-signature",
          "spring.datasource.password", "password1", "token2", "TOKEN_PROD", "password_old", "github_token_value", "csrf_token", "XSRF-TOKEN", "AccountKey",
          "encryption_key", "vault.secret_id", "smtp_pass", "creds", "admin_pw", "bearer_token", "hub-token", "secret_key_1"}) {
        EXPECT_TRUE(is_secret_name(name)) << name;
    }
}

TEST(SecretName, Others) {
    for (const std::string_view name :
         {"", "-", "tokens", "token_count", "n_tokens", "n_token", "max_token", "max_tokens", "pad_token", "eos_token", "token_ids", "token_type_ids",
          "token_dim", "num_token", "tokenizer", "tokenize", "detokenize", "author", "authors", "authority", "authored", "path", "PWD", "OLDPWD", "pwd",
          "pass", "passes", "first_pass", "bypass", "compass", "passed", "key", "keys", "sort_key", "primary_key", "foreign_key", "keyboard", "monkey",
          "hotkey", "public_key", "secretary", "sessions", "obsession", "auth_url", "auth_method", "token_url", "token_file", "password_file",
          "secret_name", "cookie_jar", "credentials_path", "api_key_id", "no_password", "no-auth", "use_auth", "ask-password", "has_token", "learning_rate",
          "seed", "tokens_per_second", "session_count", "n_session", "assessment", "signature", "w", "password_length", "accessible", "state", "host", "user"}) {
        EXPECT_FALSE(is_secret_name(name)) << name;
    }
}

TEST(SecretName, OfAVeryLongNameTheEndCounts) {
    EXPECT_TRUE(is_secret_name(std::string(1'000'000, 'x') + "_password"));
    EXPECT_FALSE(is_secret_name("password_" + std::string(1'000'000, 'x')));
}

}  // namespace
}  // namespace runlake::core
