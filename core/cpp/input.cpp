/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint and payload as programs write them. */
#include "input.h"

#include <strings.h>

#include <vector>

namespace aza
{

static const char blank[] = " \t\r\n\v\f";

static std::string trim(const std::string &text)
{
        const std::size_t first = text.find_first_not_of(blank);

        if (first == std::string::npos)
                return std::string();
        return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

static bool begins(const std::string &text, const std::string &scheme)
{
        return strncasecmp(text.c_str(), scheme.c_str(), scheme.size()) == 0;
}

std::string endpoint_of(const std::string &url)
{
        std::string host = trim(url);

        if (host.empty())
                return host;
        for (const std::string scheme : {"https://", "http://"})
                if (begins(host, scheme)) {
                        host.erase(0, scheme.size());
                        break;
                }
        return "https://" + trim(host.substr(0, host.find_first_of("/?#")));
}

namespace
{

/* Reads the members of one flat JSON object, by position only. */
class Members
{
      public:
        struct Member {
                std::size_t begin, end;  /* from the name to the end of the value */
                std::string name, value; /* as written */
        };

        explicit Members(const std::string &text) : text_(text)
        {
        }

        /* False: not of a form that is read here. */
        bool read(std::vector<Member> *ret)
        {
                if (!take('{'))
                        return false;
                do {
                        Member m;
                        skip();
                        m.begin = at_;
                        if (!string(&m.name) || !take(':') || !value(&m.value))
                                return false;
                        m.end = at_;
                        ret->push_back(m);
                } while (take(','));
                if (!take('}'))
                        return false;
                skip();
                return at_ == text_.size();
        }

      private:
        void skip()
        {
                at_ = text_.find_first_not_of(" \t\r\n", at_);
                if (at_ == std::string::npos)
                        at_ = text_.size();
        }

        bool take(char c)
        {
                skip();
                if (at_ >= text_.size() || text_[at_] != c)
                        return false;
                at_++;
                return true;
        }

        bool string(std::string *ret)
        {
                const std::size_t begin = at_;

                if (at_ >= text_.size() || text_[at_] != '"')
                        return false;
                for (at_++; at_ < text_.size() && text_[at_] != '"'; at_++)
                        if (text_[at_] == '\\')
                                at_++;
                if (at_ >= text_.size())
                        return false;
                at_++;
                *ret = text_.substr(begin, at_ - begin);
                return true;
        }

        bool value(std::string *ret)
        {
                skip();
                if (at_ < text_.size() && text_[at_] == '"')
                        return string(ret);
                const std::size_t begin = at_;
                at_ = text_.find_first_of(" \t\r\n,}[{\"", begin);
                if (at_ == std::string::npos || at_ == begin)
                        return false;
                *ret = text_.substr(begin, at_ - begin);
                return true;
        }

        const std::string &text_;
        std::size_t at_ = 0;
};

} // namespace

std::string without_empty_nonce(const std::string &payload)
{
        std::vector<Members::Member> members;
        std::string kept;
        bool dropped = false;

        if (!Members(payload).read(&members))
                return payload;
        for (const Members::Member &m : members) {
                if (m.name == "\"nonce\"" && (m.value == "\"\"" || m.value == "null")) {
                        dropped = true;
                        continue;
                }
                kept += kept.empty() ? "" : ",";
                kept += payload.substr(m.begin, m.end - m.begin);
        }
        return dropped ? "{" + kept + "}" : payload;
}

} // namespace aza
