/* SPDX-License-Identifier: Apache-2.0 */
/* The C++ interface over azattest.h. Every call catches what is thrown: it is noexcept, and its
 * program was not written for the end of the process. */
#include "AttestationClient.h"
#include "input.h"
#include "result.h"

#include <azattest.h>

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <mutex>
#include <new>
#include <pthread.h>

using attest::AttestationResult;

namespace
{

using Context = std::shared_ptr<azattest_context>;

/* Of the process; never destroyed, since a program may call as late as in its own destructors. The
 * lock is held over no call that leads out of here: a logger may call in again. */
struct State {
        std::mutex lock;
        std::condition_variable silent;
        unsigned speaking = 0; /* lines that are being handed to a logger, in all threads */
        unsigned uses = 0;     /* Initialize without Uninitialize */
        Context context;       /* made at first use, so that its failure has a text */
        attest::AttestationLogger *logger = nullptr;
        /* The last one, never used behind Uninitialize: programs of the reference leave theirs to
         * the library, and a leak checker shall find it in somebody's hand. */
        attest::AttestationLogger *left = nullptr;
};

State &state();

thread_local unsigned speaking_here = 0; /* of them, this thread's: a logger may log */

/* A child has none of the other threads. Where there is no fork, nobody calls these. */
[[gnu::unused]] void before_fork()
{
        state().lock.lock();
}

[[gnu::unused]] void after_fork()
{
        state().lock.unlock();
}

[[gnu::unused]] void after_fork_in_child()
{
        /* The parent's still counts its waiters: nobody here wakes them, and they would be waited
         * for. It is not destroyed, for the same reason. */
        new (&state().silent) std::condition_variable;
        state().speaking = speaking_here;
        state().lock.unlock();
}

State *new_state()
{
        State *const made = new State;

        (void)pthread_atfork(before_fork, after_fork, after_fork_in_child);
        return made;
}

State &state()
{
        static State *const one = new_state();
        return *one;
}

void log_to(attest::AttestationLogger *logger, attest::AttestationLogger::LogLevel level,
            const char *function, int line, const char *message) noexcept
{
        try {
                logger->Log("azattest", level, function, line, "%s", message);
        } catch (...) {
                /* A program's logger is no reason to fail. */
        }
}

/* To the logger of now, which Uninitialize leaves alone until it returns. */
void tell(attest::AttestationLogger::LogLevel level, const char *function, int line,
          const char *message) noexcept
{
        try {
                State &s = state();
                std::unique_lock<std::mutex> guard(s.lock);
                attest::AttestationLogger *const logger = s.logger;

                if (logger == nullptr)
                        return;
                s.speaking++;
                speaking_here++;
                guard.unlock();
                log_to(logger, level, function, line, message);
                guard.lock();
                speaking_here--;
                s.speaking--;
                s.silent.notify_all();
        } catch (...) {
                /* Nor is a mutex. */
        }
}

extern "C" void log_line(void *, enum azattest_log_level level, const char *function, int line,
                         const char *message)
{
        tell(static_cast<attest::AttestationLogger::LogLevel>(level), function, line, message);
}

/* The reference returns Trusted Launch's tokens, too: its programs look for themselves. */
int new_context(Context *ret)
{
        azattest_context *ctx = nullptr;
        int r = azattest_context_new(nullptr, &ctx);

        if (r == 0)
                ret->reset(ctx, azattest_context_free);
        return r != 0 ? r : azattest_context_set_default(ctx, "require", "any");
}

/* What weakens says so (D13). */
void warn(const Context &context)
{
        char *require = nullptr;

        if (azattest_context_get(context.get(), "require", &require) != 0)
                return;
        if (std::strcmp(require, "any") == 0)
                tell(attest::AttestationLogger::Warn, "Initialize", __LINE__,
                     "require = any: VMs without confidential hardware are accepted; set AZATTEST_REQUIRE where the program does not look for itself");
        azattest_free(require);
}

/* A running call keeps the context it began with. */
AttestationResult open_context(Context *ret)
{
        State &s = state();
        std::unique_lock<std::mutex> guard(s.lock);
        Context made;

        if (s.uses == 0)
                return aza::invalid("the client is not initialised; call Initialize first");
        *ret = s.context;
        if (s.context)
                return AttestationResult();
        guard.unlock();
        const int r = new_context(&made);
        if (r != 0)
                return aza::result_of(r);
        guard.lock();
        /* Another thread may have been quicker, or have ended all. */
        const bool first = !s.context && s.uses > 0;
        if (first)
                s.context = made;
        *ret = s.context ? s.context : made;
        guard.unlock();
        if (first)
                warn(made);
        return AttestationResult();
}

bool good(const AttestationResult &result)
{
        return result.code_ == AttestationResult::ErrorCode::SUCCESS;
}

/* What the library handed out; the program gets a copy that free() takes. */
class Output
{
      public:
        Output() = default;
        Output(const Output &) = delete;
        Output &operator=(const Output &) = delete;
        ~Output()
        {
                azattest_free(data);
        }

        unsigned char *copy() const
        {
                unsigned char *ret = static_cast<unsigned char *>(std::malloc(size + 1));
                if (ret == nullptr)
                        throw std::bad_alloc();
                std::memcpy(ret, data, size);
                ret[size] = 0;
                return ret;
        }

        uint8_t *data = nullptr;
        std::size_t size = 0;
};

AttestationResult do_attest(const attest::ClientParameters &given, unsigned char **ret)
{
        azattest_client_parameters params = {AZATTEST_CLIENT_PARAMS_VERSION, nullptr, nullptr};
        std::string url, payload;
        Context context;
        Output token;
        char *jwt = nullptr;

        if (ret == nullptr || given.attestation_endpoint_url == nullptr)
                return aza::invalid("the endpoint or the place for the token is a null pointer");
        *ret = nullptr;
        if (given.version > CLIENT_PARAMS_VERSION)
                return aza::invalid("client parameters of a version that is not known");
        url = aza::endpoint_of(reinterpret_cast<const char *>(given.attestation_endpoint_url));
        if (url.empty())
                return aza::invalid("the endpoint is empty");
        params.url = url.c_str();
        if (given.client_payload != nullptr) {
                payload = aza::without_empty_nonce(
                        reinterpret_cast<const char *>(given.client_payload));
                params.payload = payload.c_str();
        }
        AttestationResult result = open_context(&context);
        if (!good(result))
                return result;
        result = aza::result_of(azattest_attest(context.get(), &params, &jwt));
        if (!good(result))
                return result;
        token.data = reinterpret_cast<uint8_t *>(jwt);
        token.size = std::strlen(jwt);
        *ret = token.copy();
        return result;
}

const char no_place[] = "the place for the result is a null pointer";

/* What a caller frees without having looked at the code. */
bool clear(unsigned char **data, uint32_t *size)
{
        if (data != nullptr)
                *data = nullptr;
        if (size != nullptr)
                *size = 0;
        return data != nullptr && size != nullptr;
}

struct Block {
        const unsigned char *data;
        uint32_t size;
        unsigned char **ret_data;
        uint32_t *ret_size;
        attest::RsaScheme scheme;
        attest::RsaHashAlg hash;
};

/* Whatever the TPM did not do for a Decrypt has one code with the reference. */
AttestationResult decrypted(AttestationResult result)
{
        if (result.code_ == AttestationResult::ErrorCode::ERROR_TPM_OPERATION_FAILURE)
                result.code_ = AttestationResult::ErrorCode::ERROR_DATA_DECRYPTION_TPM_ERROR;
        return result;
}

/* `jwt` nullptr: decrypt. */
AttestationResult do_crypt(attest::EncryptionType type, const char *jwt, const Block &b)
{
        const auto own_type = static_cast<azattest_encryption_type>(type);
        const auto scheme = static_cast<azattest_rsa_scheme>(b.scheme);
        const auto hash = static_cast<azattest_rsa_hash>(b.hash);
        Context context;
        Output out;

        AttestationResult result = open_context(&context);
        if (!good(result))
                return result;
        if (jwt != nullptr)
                result = aza::result_of(azattest_encrypt(context.get(), own_type, jwt, b.data,
                                                         b.size, scheme, hash, &out.data,
                                                         &out.size));
        else
                result = decrypted(
                        aza::result_of(azattest_decrypt(context.get(), own_type, b.data, b.size,
                                                        scheme, hash, &out.data, &out.size)));
        if (!good(result))
                return result;
        *b.ret_data = out.copy();
        *b.ret_size = static_cast<uint32_t>(out.size);
        return result;
}

template <class Call> AttestationResult guarded(const char *function, Call call) noexcept
{
        try {
                AttestationResult result = call();
                if (!good(result))
                        tell(attest::AttestationLogger::Error, function, __LINE__,
                             result.description_.c_str());
                return result;
        } catch (...) {
                /* Nothing here throws but for want of memory; a text would want some. */
                return AttestationResult(
                        AttestationResult::ErrorCode::ERROR_FAILED_MEMORY_ALLOCATION);
        }
}

class Client final : public AttestationClient
{
      public:
        AttestationResult Attest(const attest::ClientParameters &params,
                                 unsigned char **jwt) noexcept override
        {
                return guarded("Attest", [&] { return do_attest(params, jwt); });
        }

        AttestationResult Encrypt(const attest::EncryptionType type, const unsigned char *jwt,
                                  const unsigned char *data, uint32_t size,
                                  unsigned char **ret_data, uint32_t *ret_size,
                                  unsigned char **ret_metadata, uint32_t *ret_metadata_size,
                                  const attest::RsaScheme scheme,
                                  const attest::RsaHashAlg hash) noexcept override
        {
                const bool has_place = clear(ret_data, ret_size);

                (void)clear(ret_metadata, ret_metadata_size);
                return guarded("Encrypt", [&] {
                        if (jwt == nullptr)
                                return aza::invalid("the token is a null pointer");
                        if (!has_place)
                                return aza::invalid(no_place);
                        return do_crypt(type, reinterpret_cast<const char *>(jwt),
                                        {data, size, ret_data, ret_size, scheme, hash});
                });
        }

        AttestationResult Decrypt(const attest::EncryptionType type, const unsigned char *data,
                                  uint32_t size, const unsigned char *, uint32_t,
                                  unsigned char **ret_data, uint32_t *ret_size,
                                  const attest::RsaScheme scheme,
                                  const attest::RsaHashAlg hash) noexcept override
        {
                const bool has_place = clear(ret_data, ret_size);

                return guarded("Decrypt", [&] {
                        if (!has_place)
                                return aza::invalid(no_place);
                        return do_crypt(type, nullptr,
                                        {data, size, ret_data, ret_size, scheme, hash});
                });
        }

        /* Cleansed first: it may be what was decrypted. */
        void Free(void *ptr) noexcept override
        {
                if (ptr != nullptr)
                        explicit_bzero(ptr, malloc_usable_size(ptr));
                std::free(ptr);
        }
};

Client one;

} // namespace

bool Initialize(attest::AttestationLogger *logger, AttestationClient **client)
{
        if (client == nullptr)
                return false;
        try {
                State &s = state();
                const std::lock_guard<std::mutex> guard(s.lock);
                s.uses++;
                if (logger != nullptr) {
                        s.logger = logger;
                        azattest_set_log(log_line, nullptr);
                }
        } catch (...) {
                return false;
        }
        *client = &one;
        return true;
}

void Uninitialize()
{
        try {
                State &s = state();
                Context ended; /* without the lock */
                std::unique_lock<std::mutex> guard(s.lock);
                if (s.uses == 0 || --s.uses > 0)
                        return;
                ended.swap(s.context);
                if (s.logger == nullptr)
                        return;
                azattest_set_log(nullptr, nullptr);
                s.left = s.logger;
                s.logger = nullptr;
                s.silent.wait(guard, [&s] { return s.speaking == speaking_here; });
        } catch (...) {
                /* Without memory there never was a client. */
        }
}
