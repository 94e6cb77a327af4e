/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What azattest-migrating(7) says of the C++ interface, call by call, in a simulated VM.
 * usage: behaviour all|reentry URL | behaviour attest URL [PAYLOAD] | behaviour encrypt TOKEN-FILE
 * `all` and `reentry`, a part of it, say what is not so; the others print code, TPM code and text.
 */
#include <AttestationClient.h>

#include "check.h"

#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <vector>

/* Seconds until a child counts as hanging, on a machine with much else to do. */
#define HANGING 240

using attest::AttestationResult;
using attest::EncryptionType;

/* Binaries have these numbers inside. */
static_assert(sizeof(void *) != 8 ||
                      (sizeof(attest::ClientParameters) == 24 && sizeof(AttestationResult) == 40),
              "layout");
static_assert(std::is_same<std::underlying_type<AttestationResult::ErrorCode>::type, int>::value &&
                      sizeof(attest::RsaScheme) == 2 && sizeof(attest::RsaHashAlg) == 2 &&
                      sizeof(EncryptionType) == 4,
              "types");
static_assert(attest::AttestationLogger::Error == 0 && attest::AttestationLogger::Debug == 3,
              "levels");
static_assert(CLIENT_PARAMS_VERSION == 1 && static_cast<int>(EncryptionType::NONE) == 0 &&
                      static_cast<int>(attest::OsType::INVALID) == 2,
              "numbers");
static_assert(attest::RsaNull == 0x10 && attest::RsaEs == 0x15 && attest::RsaOaep == 0x17 &&
                      attest::RsaSha1 == 4 && attest::RsaSha256 == 0xB &&
                      attest::RsaSha384 == 0xC && attest::RsaSha512 == 0xD,
              "the TPM's numbers");

namespace
{

using Code = AttestationResult::ErrorCode;
struct Number {
        Code code;
        int number;
};
const Number numbers[] = {
        {Code::SUCCESS, 0},
        {Code::ERROR_CURL_INITIALIZATION, -1},
        {Code::ERROR_RESPONSE_PARSING, -2},
        {Code::ERROR_MSI_TOKEN_NOT_FOUND, -3},
        {Code::ERROR_HTTP_REQUEST_EXCEEDED_RETRIES, -4},
        {Code::ERROR_HTTP_REQUEST_FAILED, -5},
        {Code::ERROR_ATTESTATION_FAILED, -6},
        {Code::ERROR_SENDING_CURL_REQUEST_FAILED, -7},
        {Code::ERROR_INVALID_INPUT_PARAMETER, -8},
        {Code::ERROR_ATTESTATION_PARAMETERS_VALIDATION_FAILED, -9},
        {Code::ERROR_FAILED_MEMORY_ALLOCATION, -10},
        {Code::ERROR_FAILED_TO_GET_OS_INFO, -11},
        {Code::ERROR_TPM_INTERNAL_FAILURE, -12},
        {Code::ERROR_TPM_OPERATION_FAILURE, -13},
        {Code::ERROR_JWT_DECRYPTION_FAILED, -14},
        {Code::ERROR_JWT_DECRYPTION_TPM_ERROR, -15},
        {Code::ERROR_INVALID_JSON_RESPONSE, -16},
        {Code::ERROR_EMPTY_VCEK_CERT, -17},
        {Code::ERROR_EMPTY_RESPONSE, -18},
        {Code::ERROR_EMPTY_REQUEST_BODY, -19},
        {Code::ERROR_HCL_REPORT_PARSING_FAILURE, -20},
        {Code::ERROR_HCL_REPORT_EMPTY, -21},
        {Code::ERROR_EXTRACTING_JWK_INFO, -22},
        {Code::ERROR_CONVERTING_JWK_TO_RSA_PUB, -23},
        {Code::ERROR_EVP_PKEY_ENCRYPT_INIT_FAILED, -24},
        {Code::ERROR_EVP_PKEY_ENCRYPT_FAILED, -25},
        {Code::ERROR_DATA_DECRYPTION_TPM_ERROR, -26},
        {Code::ERROR_PARSING_DNS_INFO, -27},
        {Code::ERROR_PARSING_ATTESTATION_RESPONSE, -28},
        {Code::ERROR_AK_CERT_PROVISIONING_FAILED, -29},
        {Code::ERROR_EMPTY_TD_QUOTE, -30},
        {Code::ERROR_AK_CERT_PARSING, -31},
        {Code::ERROR_AK_CERT_RENEW, -32},
};

void codes_are_numbers()
{
        for (const Number &n : numbers)
                CHECK(static_cast<int>(n.code) == n.number);
        CHECK(sizeof(numbers) / sizeof(numbers[0]) == 33);
}

struct Line {
        attest::AttestationLogger::LogLevel level;
        std::string tag, text;
};

class Recorder : public attest::AttestationLogger
{
      public:
        void Log(const char *tag, LogLevel level, const char *, const int, const char *fmt,
                 ...) override
        {
                char text[2048];
                va_list args;

                va_start(args, fmt);
                (void)std::vsnprintf(text, sizeof(text), fmt, args);
                va_end(args);
                lines.push_back(Line{level, tag, text});
                if (throws)
                        throw std::runtime_error("a logger that throws");
        }

        std::vector<Line> lines;
        bool throws = false;
};

AttestationClient *client;
const char *url;

int code(const AttestationResult &result)
{
        return static_cast<int>(result.code_);
}

AttestationResult attest_url(const char *endpoint, const char *payload, std::string *ret = nullptr)
{
        attest::ClientParameters params = {};
        unsigned char *jwt = reinterpret_cast<unsigned char *>(1);

        params.version = CLIENT_PARAMS_VERSION;
        params.attestation_endpoint_url = reinterpret_cast<const unsigned char *>(endpoint);
        params.client_payload = reinterpret_cast<const unsigned char *>(payload);
        const AttestationResult result = client->Attest(params, &jwt);
        CHECK((code(result) == 0) == (jwt != nullptr));
        if (code(result) == 0 && ret != nullptr)
                *ret = reinterpret_cast<const char *>(jwt);
        std::free(jwt); /* as programs do */
        return result;
}

int attest_code(const std::string &endpoint, const char *payload)
{
        return code(attest_url(endpoint.c_str(), payload));
}

bool says(const AttestationResult &result, const char *fragment)
{
        const bool found = result.description_.find(fragment) != std::string::npos;

        if (!found)
                std::printf("'%s' is not in '%s'\n", fragment, result.description_.c_str());
        return found;
}

void initialising()
{
        AttestationClient *other = nullptr;
        attest::AttestationClient *named = nullptr;

        Uninitialize(); /* of nothing */
        CHECK(!Initialize(nullptr, nullptr));
        CHECK(Initialize(nullptr, &client) && client != nullptr);
        CHECK(Initialize(nullptr, &other) && other == client);
        CHECK(attest::Initialize(nullptr, &named) && named == client);
        Uninitialize();
        attest::Uninitialize();
        CHECK(attest_code(url, nullptr) == 0);
        Uninitialize();
        const AttestationResult result = attest_url(url, nullptr);
        CHECK(code(result) == -8 && says(result, "Initialize"));
        CHECK(Initialize(nullptr, &client));
        CHECK(attest_code(url, nullptr) == 0);
        Uninitialize();
}

void logging()
{
        Recorder first, second;

        CHECK(Initialize(&first, &client));
        CHECK(attest_code(" ", nullptr) == -8);
        CHECK(first.lines.size() == 1 && first.lines[0].level == attest::AttestationLogger::Error &&
              first.lines[0].text == "the endpoint is empty");
        CHECK(first.LogLevelStrings[attest::AttestationLogger::Warn] == "Warn");
        CHECK(Initialize(&second, &client));
        second.throws = true;
        CHECK(attest_code(" ", nullptr) == -8);
        CHECK(first.lines.size() == 1 && second.lines.size() == 1);
        /* Lines of libazattest itself, too. */
        CHECK(setenv("AZATTEST_LOG", "debug", 1) == 0);
        CHECK(attest_code(url, nullptr) == 0);
        CHECK(second.lines.size() > 2 && second.lines[1].text.find("require = any: ") == 0);
        CHECK(second.lines[1].level == attest::AttestationLogger::Warn);
        CHECK(second.lines.back().level == attest::AttestationLogger::Debug);
        CHECK(unsetenv("AZATTEST_LOG") == 0);
        Uninitialize();
        Uninitialize();
        const std::size_t had = second.lines.size();
        CHECK(Initialize(nullptr, &client));
        CHECK(attest_code(" ", nullptr) == -8);
        CHECK(second.lines.size() == had);
        Uninitialize();
}

/* Each line makes calls of its own, and some of these fail, which is another line. */
class Reentrant : public attest::AttestationLogger
{
      public:
        void Log(const char *, LogLevel, const char *, const int, const char *, ...) override
        {
                AttestationClient *own = nullptr;

                lines++;
                if (inside)
                        return;
                inside = true;
                CHECK(Initialize(nullptr, &own) && own != nullptr);
                CHECK(attest_code(" ", nullptr) == -8);
                if (lines == 1)
                        CHECK(attest_code(url, nullptr) == 0);
                Uninitialize();
                inside = false;
        }

        int lines = 0;
        bool inside = false;
};

void reentry()
{
        Reentrant logger;

        /* Also a line from where the context is made. */
        CHECK(setenv("AZATTEST_LOG", "debug", 1) == 0);
        CHECK(Initialize(&logger, &client));
        CHECK(attest_code(url, nullptr) == 0);
        CHECK(logger.lines > 5);
        CHECK(unsetenv("AZATTEST_LOG") == 0);
        Uninitialize();
}

/* Takes its time. */
class Slow final : public attest::AttestationLogger
{
      public:
        explicit Slow(std::atomic<int> *state) : state_(state)
        {
        }

        void Log(const char *, LogLevel, const char *, const int, const char *, ...) override
        {
                *state_ = 1;
                std::this_thread::sleep_for(std::chrono::milliseconds(300));
                *state_ = 2;
        }

      private:
        std::atomic<int> *const state_;
};

/* Holds who speaks, until it may go. No memory is taken there, as when a thread begins or ends:
 * under AddressSanitizer a child waits for ever for the allocator that another thread was in. */
class Held final : public attest::AttestationLogger
{
      public:
        void Log(const char *, LogLevel, const char *, const int, const char *, ...) override
        {
                speaking = !may_go;
                wait_for(may_go);
        }

        static void wait_for(const std::atomic<bool> &what)
        {
                while (!what)
                        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }

        std::atomic<bool> speaking{false}, may_go{true};
};

/* A program deletes its logger behind Uninitialize, whatever its other threads do. */
void last_words()
{
        std::atomic<int> state(0);
        Slow *const logger = new Slow(&state);

        CHECK(Initialize(logger, &client));
        std::thread other([] { CHECK(attest_code(" ", nullptr) == -8); });
        while (state == 0)
                std::this_thread::yield();
        Uninitialize();
        CHECK(state == 2);
        delete logger;
        other.join();
}

/* A child has none of its parent's other threads, whatever these are doing. */
void forks()
{
        Held logger;
        int status = -1;

        CHECK(Initialize(&logger, &client));
        CHECK(attest_code(url, nullptr) == 0);
        logger.may_go = false;
        std::thread other([] { CHECK(attest_code(" ", nullptr) == -8); });
        Held::wait_for(logger.speaking);
        const pid_t pid = fork();
        if (pid == 0) {
                AttestationClient *own = nullptr;

                (void)alarm(HANGING);
                logger.may_go = true;
                const bool good = Initialize(nullptr, &own) && attest_code(url, nullptr) == 0;
                Uninitialize();
                Uninitialize();
                /* What the other threads had is lost here, which a leak checker would tell. */
                (void)execlp(good ? "true" : "false", "", static_cast<char *>(nullptr));
                _exit(1);
        }
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
        CHECK(status == 0);
        logger.may_go = true;
        other.join();
        CHECK(attest_code(url, nullptr) == 0);
        Uninitialize();
}

/* And none of those that waited for another's line: nobody wakes them there, nor waits for that. */
void forks_while_one_waits()
{
        Held logger;
        int status = -1;

        CHECK(Initialize(&logger, &client));
        logger.may_go = false;
        std::thread other([] { CHECK(attest_code(" ", nullptr) == -8); });
        Held::wait_for(logger.speaking);
        std::atomic<bool> begun(false);
        std::thread waiting([&begun] {
                begun = true;
                Uninitialize();
        });
        Held::wait_for(begun);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const pid_t pid = fork();
        if (pid == 0) {
                (void)alarm(HANGING);
                for (int i = 0; i < 3; i++) {
                        std::atomic<int> now(0);
                        Slow own(&now);

                        if (!Initialize(&own, &client))
                                _exit(1);
                        std::thread here([] { (void)attest_code(" ", nullptr); });
                        while (now == 0)
                                std::this_thread::yield();
                        Uninitialize();
                        here.join();
                }
                (void)execlp("true", "", static_cast<char *>(nullptr));
                _exit(1);
        }
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
        logger.may_go = true;
        waiting.join();
        other.join();
}

void many_times()
{
        const int times = 10000;

        for (int i = 0; i < times; i++)
                CHECK(Initialize(nullptr, &client));
        CHECK(attest_code(" ", nullptr) == -8);
        for (int i = 1; i < times; i++)
                Uninitialize();
        CHECK(attest_code(url, nullptr) == 0);
        Uninitialize();
        CHECK(says(attest_url(url, nullptr), "Initialize"));
}

void arguments()
{
        attest::ClientParameters params = {};
        unsigned char *jwt = nullptr;

        params.attestation_endpoint_url = reinterpret_cast<const unsigned char *>(url);
        params.version = 2;
        CHECK(code(client->Attest(params, &jwt)) == -8);
        params.version = 1;
        CHECK(code(client->Attest(params, nullptr)) == -8);
        CHECK(code(client->Attest(attest::ClientParameters(), &jwt)) == -8);
        params.version = 0; /* what programs get that only set the pointers */
        CHECK(code(client->Attest(params, &jwt)) == 0);
        client->Free(jwt);
        client->Free(nullptr);
        client->Free(std::malloc(1));
}

void endpoints()
{
        const std::string host = std::string(url).substr(std::strlen("https://"));

        CHECK(attest_code(host, nullptr) == 0);
        CHECK(attest_code("http://" + host, nullptr) == 0);
        CHECK(attest_code(" https://" + host + "/ ", nullptr) == 0);
        CHECK(attest_code(url + std::string("/a/path?with=query"), nullptr) == 0);
        CHECK(attest_code("", nullptr) == -8);
        CHECK(attest_code("https://", nullptr) == -27);
        CHECK(attest_code("https://user@" + host, nullptr) == -8);
        CHECK(attest_code("https://127.0.0.1:1", nullptr) == -7);
        CHECK(attest_code(std::string(1 << 20, 'a'), nullptr) == -8);
        CHECK(attest_code("https://a b", nullptr) == -8);
        CHECK(attest_code("https://\x01\xff", nullptr) == -8);
        CHECK(attest_code("ftp://" + host, nullptr) == -8);
}

void payloads()
{
        AttestationResult result;

        CHECK(attest_code(url, "{\"nonce\":\"\"}") == 0);
        CHECK(attest_code(url, "{\"nonce\":\"\",\"a\":\"b\"}") == 0);
        CHECK(attest_code(url, "{\"nonce\":\"n\",\"number\":1,\"true\":true,\"null\":null}") == 0);
        CHECK(attest_code(url, "{}") == 0);
        CHECK(attest_code(url, "") == -8);
        CHECK(attest_code(url, "nonsense") == -8);
        CHECK(code(result = attest_url(url, "{\"a\":{\"b\":1}}")) == -8 && says(result, "nested"));
        CHECK(attest_code(url, "{\"a\":[1]}") == -8);
        CHECK(attest_code(url, "[]") == -8);
        CHECK(attest_code(url, "{\"nonce\":\"\",\"a\":{}}") == -8);
        CHECK(attest_code(url, ("{\"a\":\"" + std::string(1 << 20, 'x') + "\"}").c_str()) == -8);
        CHECK(attest_code(url, (std::string(100000, '{')).c_str()) == -8);
        CHECK(attest_code(url, "{\"a\":\"\xff\"}") == -8);
        CHECK(attest_code(url, "{\"azattest-purpose\":\"sign\"}") == -8);
}

struct Sealed {
        unsigned char *data = nullptr;
        uint32_t size = 7;
};

AttestationResult encrypt(const std::string &jwt, const std::string &text, Sealed *ret,
                          attest::RsaScheme scheme = attest::RsaEs,
                          attest::RsaHashAlg hash = attest::RsaSha1)
{
        unsigned char *metadata = reinterpret_cast<unsigned char *>(1);
        uint32_t metadata_size = 7;
        const AttestationResult result = client->Encrypt(
                EncryptionType::NONE, reinterpret_cast<const unsigned char *>(jwt.c_str()),
                reinterpret_cast<const unsigned char *>(text.data()),
                static_cast<uint32_t>(text.size()), &ret->data, &ret->size, &metadata,
                &metadata_size, scheme, hash);

        CHECK(metadata == nullptr && metadata_size == 0);
        CHECK((code(result) == 0) == (ret->data != nullptr && ret->size == 256));
        return result;
}

int decrypt(const Sealed &sealed, attest::RsaScheme scheme, attest::RsaHashAlg hash,
            std::string *ret)
{
        unsigned char *out = nullptr;
        uint32_t size = 7;
        const int r = code(client->Decrypt(EncryptionType::NONE, sealed.data, sealed.size, nullptr,
                                           0, &out, &size, scheme, hash));

        CHECK((r == 0) == (out != nullptr) && (r == 0 || size == 0));
        if (out != nullptr) {
                CHECK(out[size] == 0);
                ret->assign(reinterpret_cast<char *>(out), size);
        }
        std::free(out);
        return r;
}

void crypt(const std::string &jwt)
{
        const attest::RsaHashAlg hashes[] = {attest::RsaSha1, attest::RsaSha256, attest::RsaSha384,
                                             attest::RsaSha512};
        std::string text;
        Sealed sealed;

        for (const attest::RsaHashAlg hash : hashes) {
                CHECK(code(encrypt(jwt, "secret", &sealed, attest::RsaOaep, hash)) == 0);
                CHECK(decrypt(sealed, attest::RsaOaep, hash, &text) == 0 && text == "secret");
                client->Free(sealed.data);
        }
        CHECK(code(encrypt(jwt, "secret", &sealed)) == 0);
        CHECK(decrypt(sealed, attest::RsaEs, attest::RsaSha1, &text) == 0 && text == "secret");
        /* OAEP says what is wrong, RSAES never does. */
        CHECK(decrypt(sealed, attest::RsaOaep, attest::RsaSha256, &text) == -26);
        sealed.data[100] ^= 1;
        text = "secret";
        CHECK(decrypt(sealed, attest::RsaEs, attest::RsaSha1, &text) == 0 && text != "secret");
        CHECK(decrypt(sealed, static_cast<attest::RsaScheme>(0x16), attest::RsaSha1, &text) == -24);
        sealed.size = 0;
        CHECK(decrypt(sealed, attest::RsaEs, attest::RsaSha1, &text) == -8);
        client->Free(sealed.data);
        CHECK(code(encrypt(jwt, std::string(300, 'x'), &sealed)) == -25);
        CHECK(code(encrypt(jwt, "", &sealed)) == -8);
        CHECK(code(encrypt(jwt, "secret", &sealed, attest::RsaOaep,
                           static_cast<attest::RsaHashAlg>(0xE))) == -24);
        sealed.data = reinterpret_cast<unsigned char *>(1);
        sealed.size = 7;
        CHECK(code(client->Encrypt(EncryptionType::NONE, nullptr, nullptr, 0, &sealed.data,
                                   &sealed.size, nullptr, nullptr)) == -8);
        CHECK(sealed.data == nullptr && sealed.size == 0);
        sealed.data = reinterpret_cast<unsigned char *>(1);
        CHECK(code(client->Decrypt(EncryptionType::NONE, nullptr, 1, nullptr, 0, &sealed.data,
                                   nullptr)) == -8);
        CHECK(sealed.data == nullptr);
        CHECK(code(client->Encrypt(static_cast<EncryptionType>(1),
                                   reinterpret_cast<const unsigned char *>(jwt.c_str()),
                                   reinterpret_cast<const unsigned char *>("x"), 1, &sealed.data,
                                   &sealed.size, nullptr, nullptr)) == -8);
        CHECK(code(client->Decrypt(EncryptionType::NONE, nullptr, 0, nullptr, 0, nullptr,
                                   nullptr)) == -8);
}

void refused_tokens(const std::string &jwt)
{
        const std::size_t signature = jwt.rfind('.') + 1;
        std::string forged = jwt;
        AttestationResult result;
        Sealed sealed;

        forged[signature + 20] = forged[signature + 20] == 'A' ? 'B' : 'A';
        result = encrypt(forged, "secret", &sealed);
        CHECK(code(result) == -6 && says(result, "AZATTEST_E_TOKEN_SIGNATURE (-104): "));
        CHECK(code(encrypt(jwt.substr(0, signature), "secret", &sealed)) < 0);
        CHECK(code(encrypt("a.b.c", "secret", &sealed)) == -22);
        CHECK(code(encrypt("", "secret", &sealed)) == -22);
}

/* Old binaries call by slot, not by name, and look for the code where it always was. */
void slots()
{
        using Free = void (*)(AttestationClient *, void *);
        void **const table = *reinterpret_cast<void ***>(client);
        Free release = nullptr;

        std::memcpy(&release, &table[3], sizeof(release));
        release(client, std::malloc(10));
#if defined(__x86_64__)
        /* What is returned goes where the first, hidden argument says. */
        using Attest = void *(*)(void *, AttestationClient *, const attest::ClientParameters *,
                                 unsigned char **);
        const attest::ClientParameters params = {};
        AttestationResult result;
        unsigned char *jwt = nullptr;
        Attest attest = nullptr;
        int first[2] = {0, 1};

        std::memcpy(&attest, &table[0], sizeof(attest));
        result.~AttestationResult(); /* what is there is made anew */
        attest(static_cast<void *>(&result), client, &params, &jwt);
        std::memcpy(first, static_cast<void *>(&result), sizeof(first));
        CHECK(first[0] == -8 && first[1] == 0);

        using Encrypt =
                void *(*)(void *, AttestationClient *, EncryptionType, const unsigned char *,
                          const unsigned char *, uint32_t, unsigned char **, uint32_t *,
                          unsigned char **, uint32_t *, attest::RsaScheme, attest::RsaHashAlg);
        AttestationResult other;
        Encrypt encrypt_by_slot = nullptr;
        std::memcpy(&encrypt_by_slot, &table[1], sizeof(encrypt_by_slot));
        other.~AttestationResult();
        encrypt_by_slot(static_cast<void *>(&other), client, EncryptionType::NONE, nullptr, nullptr,
                        0, nullptr, nullptr, nullptr, nullptr, attest::RsaEs, attest::RsaSha1);
        CHECK(says(other, "the token is a null pointer"));
#endif
}

/* Calls side by side, each with an Initialize of its own; and one that outlives the last
 * Uninitialize. */
void threads()
{
        std::vector<std::thread> running;
        std::atomic<int> bad(0);
        AttestationClient *mine = nullptr;

        for (int i = 0; i < 4; i++)
                running.emplace_back([&bad] {
                        AttestationClient *own = nullptr;
                        attest::ClientParameters params = {};
                        unsigned char *jwt = nullptr;

                        params.attestation_endpoint_url =
                                reinterpret_cast<const unsigned char *>(url);
                        if (!Initialize(nullptr, &own) || code(own->Attest(params, &jwt)) != 0)
                                bad++;
                        std::free(jwt);
                        Uninitialize();
                });
        for (std::thread &one : running)
                one.join();
        CHECK(bad == 0);
        CHECK(Initialize(nullptr, &mine));
        std::thread last([&bad] {
                const int r = attest_code(url, nullptr);
                bad += r != 0 && r != -8;
        });
        Uninitialize();
        last.join();
        CHECK(bad == 0);
}

int all()
{
        std::string jwt;

        codes_are_numbers();
        initialising();
        logging();
        reentry();
        last_words();
        forks();
        forks_while_one_waits();
        many_times();
        CHECK(Initialize(nullptr, &client));
        arguments();
        endpoints();
        payloads();
        CHECK(code(attest_url(url, "{\"nonce\":\"n\"}", &jwt)) == 0);
        crypt(jwt);
        refused_tokens(jwt);
        slots();
        Uninitialize();
        threads();
        return check_failures != 0;
}

int print(const AttestationResult &result)
{
        std::printf("%d 0x%x %s\n", code(result), result.tpm_error_code_,
                    result.description_.c_str());
        return check_failures != 0;
}

} // namespace

int main(int argc, char **argv)
{
        const std::string what = argc > 2 ? argv[1] : "";
        std::string jwt;
        Sealed sealed;

        url = argc > 2 ? argv[2] : "";
        if (what == "all")
                return all();
        if (what == "reentry") {
                reentry();
                return check_failures != 0;
        }
        if (!Initialize(nullptr, &client))
                return 2;
        if (what == "attest")
                return print(attest_url(url, argc > 3 ? argv[3] : nullptr));
        if (what != "encrypt")
                return 2;
        std::ifstream file(url);
        std::getline(file, jwt);
        return print(encrypt(jwt, "secret", &sealed));
}
