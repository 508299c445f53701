// SPDX-License-Identifier: BSD-3-Clause
// How the Java peers of the benchmark checkout measure: warm, several rounds; the median is a line of JSON.
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

final class Measure {
    interface Act {
        void call() throws Exception;
    }

    static final int IDLE = 1000;

    private static final boolean QUICK = !System.getenv().getOrDefault("QNETPOOL_BENCHMARK_QUICK", "0").equals("0");
    private static final int CALLS = QUICK ? 200_000 : 1_000_000;
    private static final int ROUNDS = QUICK ? 3 : 9;
    private static final double WARM_UP = QUICK ? 1e9 : 2e9; // ns, after which the compiler has nothing left to do
    private static final int THREADS = 4;

    // What one thread needs for a take and give back, and what each of four need that do nothing else.
    static void checkout(String implementation, Act takeAndGiveBack) throws Exception {
        print("{\"path\":\"parked\",\"transport\":\"none\"}", implementation, median(1, CALLS, takeAndGiveBack));
        print("{\"path\":\"contended\",\"threads\":" + THREADS + "}", implementation, median(THREADS, CALLS / 5, takeAndGiveBack));
    }

    private static double median(int threads, int calls, Act act) throws Exception {
        for (double spent = 0; spent < WARM_UP;)
            spent += round(threads, calls, act) * calls;
        double[] rounds = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; ++i)
            rounds[i] = round(threads, calls, act);
        Arrays.sort(rounds);
        return rounds[ROUNDS / 2];
    }

    // From the first thread's start to the last one's end, divided by the calls of one thread.
    private static double round(int threads, int calls, Act act) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        Throwable[] failed = new Throwable[1];
        Thread[] workers = new Thread[threads];
        for (int i = 0; i < threads; ++i) {
            workers[i] = new Thread(() -> {
                try {
                    start.await();
                    for (int call = 0; call < calls; ++call)
                        act.call();
                } catch (Throwable error) {
                    failed[0] = error;
                }
            });
            workers[i].start();
        }
        long begin = System.nanoTime();
        start.countDown();
        for (Thread worker : workers)
            worker.join();
        long end = System.nanoTime();
        if (failed[0] != null)
            throw new IllegalStateException("a take or give back failed", failed[0]);
        return (double) (end - begin) / calls;
    }

    private static void print(String parameters, String implementation, double value) {
        System.out.printf(Locale.ROOT,
                "{\"benchmark\":\"checkout\",\"parameters\":%s,\"implementation\":\"%s\",\"value\":%.2f,\"unit\":\"ns\"}%n",
                parameters, implementation, value);
    }
}
