/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that share one count of operations. */
#include "bench/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS_MAX 16

struct parallel {
        void *(*start)(void *arg);
        void *arg;
        bench_fn *once;
        void (*stop)(void *state);
        pthread_barrier_t ready;
        atomic_int left;
        atomic_bool failed;
};

static void *worker(void *arg)
{
        struct parallel *p = arg;
        void *state = p->start(p->arg);

        if (state == NULL || p->once(state) != 0)
                atomic_store(&p->failed, true);
        (void)pthread_barrier_wait(&p->ready);
        while (!atomic_load(&p->failed) && atomic_fetch_sub(&p->left, 1) > 0)
                if (p->once(state) != 0)
                        atomic_store(&p->failed, true);
        if (state != NULL)
                p->stop(state);
        return NULL;
}

double bench_parallel(int threads, int operations, void *(*start)(void *arg), void *arg,
                      bench_fn *once, void (*stop)(void *state))
{
        struct parallel p = {.start = start, .arg = arg, .once = once, .stop = stop};
        pthread_t ids[THREADS_MAX];
        int started = 0;

        if (threads > THREADS_MAX ||
            pthread_barrier_init(&p.ready, NULL, (unsigned int)threads + 1) != 0)
                return -1;
        atomic_init(&p.left, operations);
        while (started < threads && pthread_create(&ids[started], NULL, worker, &p) == 0)
                started++;
        if (started < threads)
                return -1; /* the barrier would never open: the bench ends here */
        (void)pthread_barrier_wait(&p.ready);
        double begin = bench_now();
        for (int i = 0; i < threads; i++)
                (void)pthread_join(ids[i], NULL);
        double seconds = bench_now() - begin;
        (void)pthread_barrier_destroy(&p.ready);
        return atomic_load(&p.failed) ? -1 : operations / seconds;
}
