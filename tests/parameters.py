# No function of core/ or provider/ has more than five parameters: what belongs together has a name.
# usage: tests/parameters.py FILE.c...
# Names each function with more and exits with 1 when there is one.
import glob
import re
import sys

MOST = 5
# Whose parameters are not ours to choose, besides what azattest.h declares and what the provider declares
# by a type of OpenSSL's (OSSL_FUNC_..._fn): callbacks that OpenSSL calls with these arguments.
DICTATED = {
    "free_finding": "CRYPTO_EX_free",
    "forget_finding": "CRYPTO_EX_dup",
    "refuse_resumption": "SSL_custom_ext_add_cb_ex",
}

# At the beginning of a line: type and name, or a name whose type has a line of its own.
DEFINITION = re.compile(
    r"^(?:(?![ \t#}/*])(?:STACK_OF\(\w+\)|[^;{}()=\n])*[ *](\w+)|([a-z]\w*))\(([^;{}]*?)\)\n\{", re.M
)


def count(parameters):
    """How many there are; those of a pointer to a function count as one."""
    depth = commas = 0
    for c in parameters:
        depth += (c in "([") - (c in ")]")
        commas += c == "," and depth == 0
    return commas + 1


def of_openssl(text):
    return re.findall(r"\bOSSL_FUNC_\w+_fn (\w+);", text)


def main():
    free = set(DICTATED)
    free.update(re.findall(r"\b(azattest_\w+)\(", open("core/include/azattest.h").read()))
    for header in glob.glob("provider/*.h"):
        free.update(of_openssl(open(header).read()))
    bad = False
    for path in sys.argv[1:]:
        text = open(path).read()
        here = free.union(of_openssl(text))
        for found in DEFINITION.finditer(text):
            name, n = found[1] or found[2], count(found[3])
            if n > MOST and name not in here:
                line = text.count("\n", 0, found.start()) + 1
                print(f"{path}:{line}: {name} has {n} parameters", file=sys.stderr)
                bad = True
    return bad


sys.exit(main())
