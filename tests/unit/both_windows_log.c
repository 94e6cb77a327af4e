/* SPDX-License-Identifier: Apache-2.0 */
/* core/boot on logs of a start of Windows that the simulator makes: what PCR 12-14 prove (E16), and
 * what somebody with root there, or a loader of his own, makes of them. */
#include "unit/event_support.h"

#include "sim/eventlog.h"

#define EV_EVENT_TAG 0x6u
#define EV_IPL       0xDu
#define QUOTED       0x78FFu /* PCR 0-7, 11-14 */

static const struct sim_windows_boot normal;

/* The simulator's log, written anew in the SHA-256 bank: each event is shown to `change`, which may
 * give other data, hashed anew with `rehash`, or another type. */
struct copy {
        void (*change)(struct copy *c, struct aza_event *e);
        bool rehash;
        size_t at; /* the event's, among those of PCR 12-14 */
        uint8_t data[8192];
        /* whose meaning is `change`'s: */
        size_t event, len;
        uint32_t type;
};

static bool is_windows(const struct aza_event *e)
{
        return e->pcr >= 12 && e->pcr <= 14;
}

static void put_event(struct log_maker *m, struct copy *c, const struct aza_event *original)
{
        struct aza_event e = *original;
        uint8_t both[64];
        size_t n = 0;

        if (c->change != NULL && is_windows(original))
                c->change(c, &e);
        c->at += is_windows(original);
        if (c->rehash && is_windows(original)) {
                log_event(m, e.pcr, e.type, e.data.data, e.data.len);
                return;
        }
        put32(&m->log, e.pcr);
        put32(&m->log, e.type);
        put32(&m->log, 1);
        put16(&m->log, 0x000B);
        put(&m->log, e.digest.data, e.digest.len);
        put32(&m->log, (uint32_t)e.data.len);
        put(&m->log, e.data.data, e.data.len);
        memcpy(both, m->pcrs.value[e.pcr], 32);
        memcpy(both + 32, e.digest.data, 32);
        assert_int_equal(EVP_Q_digest(libctx, "SHA2-256", NULL, both, 64, m->pcrs.value[e.pcr], &n),
                         1);
}

static struct log_maker windows_log(const struct sim_windows_boot *boot, struct copy *c)
{
        const struct sim_boot_plan plan = {.db_certificate = aza_span_of("a simulated key", 15),
                                           .secure_boot = true,
                                           .windows = true,
                                           .windows_boot = *boot};
        struct sim_event_log log = {0};
        struct log_maker m = log_begin();
        struct aza_events events;
        struct aza_event e;
        struct copy none = {0};

        assert_int_equal(sim_event_log_make(&plan, &log), 0);
        assert_null(aza_events_begin(aza_bytes_span(&log.file), 0x000B, &events));
        while (aza_events_next(&events, &e))
                put_event(&m, c != NULL ? c : &none, &e);
        assert_null(events.fault);
        sim_event_log_free(&log);
        return m;
}

/* As if these PCRs had been quoted. */
static struct aza_event_options quoted(struct log_maker *m, uint32_t mask)
{
        aza_bytes_free(&m->values);
        for (unsigned int i = 0; i < AZA_PCR_COUNT; i++)
                if ((mask >> i & 1) != 0)
                        put(&m->values, m->pcrs.value[i], 32);
        return (struct aza_event_options){.mask = mask,
                                          .values = aza_bytes_span(&m->values),
                                          .required = true,
                                          .need_secure_boot = true};
}

/* Frees the log. AZA_CHECK_COUNT: accepted. */
static void judge(struct log_maker m, uint32_t mask, enum aza_check_id id)
{
        log_judge(&m, quoted(&m, mask), id);
}

static struct aza_windows_facts facts_of(struct log_maker m, uint32_t mask, enum aza_outcome e16)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_event_options o = quoted(&m, mask);
        struct aza_boot_facts boot = {0};

        assert_true(aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, &boot));
        assert_outcome(&checks, AZA_CHECK_E16, e16);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        assert_int_equal(boot.secure_boot, AZA_SECURE_BOOT_ON);
        log_free(&m);
        return boot.windows;
}

static void starts(void **state)
{
        (void)state;
        struct aza_windows_facts w = facts_of(windows_log(&normal, NULL), QUOTED, AZA_ACCEPT);
        assert_true(w.present);
        assert_null(w.fault);
        assert_int_equal(w.said, 1u << AZA_WINDOWS_BOOT_DEBUG | 1u << AZA_WINDOWS_KERNEL_DEBUG |
                                         1u << AZA_WINDOWS_HYPERVISOR_DEBUG |
                                         1u << AZA_WINDOWS_TEST_SIGNING |
                                         1u << AZA_WINDOWS_FLIGHT_SIGNING);
        assert_int_equal(w.set, 0);
        /* As real tokens of 2022 have it, and with PCR 12 alone of Windows'. */
        w = facts_of(windows_log(&normal, NULL), 0x38FF, AZA_ACCEPT);
        assert_true(w.present);
        w = facts_of(windows_log(&normal, NULL), 0x10FF, AZA_ACCEPT);
        assert_true(w.present);
        /* Nothing is proven of what is not quoted. */
        w = facts_of(windows_log(&normal, NULL), 0xFF, AZA_NOT_APPLICABLE);
        assert_false(w.present);
        w = facts_of(windows_log(&normal, NULL), 0x68FF, AZA_NOT_APPLICABLE);
        assert_false(w.present);
}

static void other_systems(void **state)
{
        struct log_maker m = good_log();

        (void)state;
        /* systemd's stub measures into PCR 11-13, in events whose text is not what was hashed. */
        log_event_of(&m, 11, EV_IPL, aza_span_of(".linux", 6), aza_span_of("a kernel", 8));
        log_event_of(&m, 12, EV_EVENT_TAG, aza_span_of("a line", 6), aza_span_of("quiet", 5));
        log_event_of(&m, 13, EV_IPL, aza_span_of("an image", 8), aza_span_of("x", 1));
        assert_false(facts_of(m, QUOTED, AZA_NOT_APPLICABLE).present);
}

static void settings(void **state)
{
        static const struct sim_windows_boot refused[] = {
                {.boot_debugging = true},
                {.kernel_debugging = true},
                {.test_signing = true},
                {.bad_tag = true},
        };
        struct log_maker m;
        struct aza_event_options o;

        (void)state;
        for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
                judge(windows_log(&refused[i], NULL), QUOTED, AZA_CHECK_E16);
                /* Where PCR 12 is not quoted nobody knows. */
                judge(windows_log(&refused[i], NULL), 0xFF, AZA_CHECK_COUNT);
                /* A debugger is refused in any case, as the firmware's is (E14). */
                m = windows_log(&refused[i], NULL);
                o = quoted(&m, QUOTED);
                o.need_secure_boot = false;
                log_judge(&m, o, i == 2 ? AZA_CHECK_COUNT : AZA_CHECK_E16);
        }
}

/* ---- what root makes of the log ---- */

static void relabel(struct copy *c, struct aza_event *e)
{
        e->type = c->type;
}

static void other_labels(void **state)
{
        static const uint32_t types[] = {EV_IPL, 0xC, AZA_EV_SEPARATOR, AZA_EV_EFI_ACTION, 0x7777};
        const struct sim_windows_boot debug = {.boot_debugging = true};

        (void)state;
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
                struct copy c = {.change = relabel, .type = types[i]};
                judge(windows_log(&debug, &c), QUOTED, AZA_CHECK_E16);
                c = (struct copy){.change = relabel, .type = types[i]};
                judge(windows_log(&normal, &c), QUOTED, AZA_CHECK_COUNT);
        }
}

static enum aza_verdict verdict_of(struct log_maker *m, const struct aza_event_options *o)
{
        AZA_CHECKS struct aza_checks checks = {0};

        (void)aza_event_log_verify(libctx, aza_bytes_span(&m->log), o, &checks, NULL);
        assert_outcome(&checks, AZA_CHECK_E16, AZA_UNAVAILABLE);
        return aza_checks_verdict(&checks);
}

/* All events taken out, or labelled as no measurements: then nothing says what PCR 12 stands for,
 * which is not "no Windows". */
static void removed(void **state)
{
        const struct sim_windows_boot debug = {.boot_debugging = true};
        struct copy c = {.change = relabel, .type = AZA_EV_NO_ACTION};
        struct log_maker m = windows_log(&debug, &c);
        struct aza_event_options o = quoted(&m, QUOTED);

        (void)state;
        assert_int_equal(verdict_of(&m, &o), AZA_VERDICT_INCOMPLETE);
        o.need_secure_boot = false;
        assert_int_equal(verdict_of(&m, &o), AZA_VERDICT_ACCEPT);
        log_free(&m);
        /* Who demands its value knows more than any log says. */
        c = (struct copy){.change = relabel, .type = AZA_EV_NO_ACTION};
        m = windows_log(&normal, &c);
        o = quoted(&m, QUOTED);
        o.demanded = 1u << 12;
        log_judge(&m, o, AZA_CHECK_COUNT);
}

static void empty(struct copy *c, struct aza_event *e)
{
        if (c->at == c->event)
                e->data.len = c->len;
}

/* What is not shown as it was measured is refused, wherever it stands before the separator. */
static void hidden(void **state)
{
        struct copy c = {0};

        (void)state;
        struct log_maker m = windows_log(&normal, &c);
        const size_t events = c.at - 3; /* less separators */
        log_free(&m);
        assert_int_equal(events, 6);
        for (size_t i = 0; i < events; i++) {
                c = (struct copy){.change = empty, .event = i};
                judge(windows_log(&normal, &c), QUOTED, AZA_CHECK_E16);
        }
        /* The separators' data is of no account: their digests are. */
        for (size_t i = events; i < events + 3; i++) {
                c = (struct copy){.change = empty, .event = i};
                judge(windows_log(&normal, &c), QUOTED, AZA_CHECK_COUNT);
        }
}

/* Every setting is shown as off. */
static void deny(struct copy *c, struct aza_event *e)
{
        static const uint8_t tags[][4] = {{1, 0, 4, 0}, {1, 0, 5, 0}, {3, 0, 5, 0}};

        assert_true(e->data.len <= sizeof c->data);
        memcpy(c->data, e->data.data, e->data.len);
        for (size_t at = 8; at + 9 <= e->data.len; at++)
                for (size_t i = 0; i < 3; i++)
                        if (memcmp(c->data + at, tags[i], 4) == 0)
                                c->data[at + 8] = 0;
        e->data.data = c->data;
}

/* What is well-formed, and not what was hashed. */
static void denied(void **state)
{
        static const struct sim_windows_boot boots[] = {
                {.boot_debugging = true}, {.kernel_debugging = true}, {.test_signing = true}};

        (void)state;
        for (size_t i = 0; i < sizeof boots / sizeof boots[0]; i++) {
                struct copy c = {.change = deny};
                judge(windows_log(&boots[i], &c), QUOTED, AZA_CHECK_E16);
                /* It would pass if it were. */
                c = (struct copy){.change = deny, .rehash = true};
                judge(windows_log(&boots[i], &c), QUOTED, AZA_CHECK_COUNT);
        }
}

static void appended(void **state)
{
        /* A trust boundary that says: boot debugging. */
        static const uint8_t debug[] = {1, 0, 1, 0x40, 9, 0, 0, 0, 1, 0, 4, 0, 1, 0, 0, 0, 1};
        struct log_maker m = windows_log(&normal, NULL);

        (void)state;
        log_event(&m, 12, EV_EVENT_TAG, debug, sizeof debug);
        log_event(&m, 13, EV_EVENT_TAG, debug, 9);
        log_text(&m, 12, AZA_EV_SEPARATOR, "WBCL");
        assert_int_equal(facts_of(m, QUOTED, AZA_ACCEPT).set, 0);
        /* Nor does a better word behind the separator take anything back. */
        m = windows_log(&(struct sim_windows_boot){.boot_debugging = true}, NULL);
        log_event(&m, 12, EV_EVENT_TAG, debug, sizeof debug);
        judge(m, QUOTED, AZA_CHECK_E16);
}

/* ---- what a loader of somebody's own measures ---- */

/* Cut anywhere and measured so: its sizes do not fit. */
static void cut_short(void **state)
{
        size_t lens[6] = {0};
        struct aza_events events;
        struct aza_event e;
        struct log_maker m = windows_log(&normal, NULL);
        size_t n = 0;

        (void)state;
        assert_null(aza_events_begin(aza_bytes_span(&m.log), 0x000B, &events));
        while (n < 6 && aza_events_next(&events, &e))
                if (is_windows(&e))
                        lens[n++] = e.data.len;
        log_free(&m);
        for (size_t i = 0; i < n; i++)
                for (size_t len = 0; len < lens[i]; len += len < 40 ? 1 : 37) {
                        struct copy c = {.change = empty, .event = i, .len = len, .rehash = true};
                        judge(windows_log(&normal, &c), QUOTED, AZA_CHECK_E16);
                }
}

/* A trust boundary in PCR 12 with these bytes inside, then the separator. */
static struct log_maker measured(const void *inside, size_t len)
{
        struct log_maker m = good_log();
        AZA_BYTES struct aza_bytes data = {0};

        put32(&data, 0x40010001);
        put32(&data, (uint32_t)len);
        put(&data, inside, len);
        log_event(&m, 12, EV_EVENT_TAG, data.data, data.len);
        log_text(&m, 12, AZA_EV_SEPARATOR, "WBCL");
        return m;
}

static void tags(void **state)
{
        static const struct {
                const char *inside;
                size_t len;
                enum aza_check_id id;
        } all[] = {
                {"\1\0\4\0\0\0\0\0", 8, AZA_CHECK_E16},      /* a setting without a value */
                {"\1\0\4\0\2\0\0\0\0\0", 10, AZA_CHECK_E16}, /* of two bytes */
                {"\1\0\4\0\1\0\0\0\0", 9, AZA_CHECK_COUNT},  /* off */
                {"\1\0\4\0\1\0\0\0\2", 9, AZA_CHECK_E16},    /* not zero is on */
                {"\x0D\0\5\0\1\0\0\0\1", 9, AZA_CHECK_E16},  /* the hypervisor's debugger */
                {"\1\0\4\0\xFF\xFF\xFF\xFF\0", 9, AZA_CHECK_E16},
                {"\1\0\4\0\1\0\0", 7, AZA_CHECK_E16},
                {"\x77\x77\x77\0\0\0\0\0", 8, AZA_CHECK_COUNT}, /* nobody knows all */
                /* An aggregation in it: its sizes count, its settings do not. */
                {"\2\0\1\x40\x09\0\0\0\1\0\4\0\1\0\0\0\1", 17, AZA_CHECK_COUNT},
                {"\2\0\1\x40\x09\0\0\0\1\0\4\0\2\0\0\0\1", 17, AZA_CHECK_E16},
                {"\2\0\1\x40\x00\0\0\0", 8, AZA_CHECK_COUNT},
        };

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
                judge(measured(all[i].inside, all[i].len), QUOTED, all[i].id);
        /* Said nowhere: not decided, and refused nowhere. */
        assert_int_equal(facts_of(measured("", 0), QUOTED, AZA_UNAVAILABLE).said, 0);
        /* Both ways: it was on. */
        judge(measured("\1\0\4\0\1\0\0\0\1\1\0\4\0\1\0\0\0\0", 18), QUOTED, AZA_CHECK_E16);
}

/* Aggregations in aggregations end somewhere. */
static void deep(void **state)
{
        (void)state;
        for (size_t depth = 1; depth < 1000; depth += depth < 8 ? 1 : 300) {
                AZA_BYTES struct aza_bytes inside = {0};
                for (size_t i = depth; i > 0; i--) {
                        put32(&inside, 0x40010002);
                        put32(&inside, (uint32_t)(8 * (i - 1)));
                }
                judge(measured(inside.data, inside.len), QUOTED,
                      depth <= 3 ? AZA_CHECK_COUNT : AZA_CHECK_E16);
        }
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(starts),    cmocka_unit_test(other_systems),
                cmocka_unit_test(settings),  cmocka_unit_test(other_labels),
                cmocka_unit_test(hidden),    cmocka_unit_test(denied),
                cmocka_unit_test(removed),   cmocka_unit_test(appended),
                cmocka_unit_test(cut_short), cmocka_unit_test(tags),
                cmocka_unit_test(deep),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
