// SPDX-License-Identifier: BSD-3-Clause
// HikariCP in the benchmark ready: HikariReady BENCH_READY, the program whose slow server it connects to. Its connections are
// sockets behind the one interface that the pool knows, that of databases.
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Logger;
import javax.sql.DataSource;

final class HikariReady {
    private static final boolean QUICK = !System.getenv().getOrDefault("QNETPOOL_BENCHMARK_QUICK", "0").equals("0");
    private static final long WARM_UP = QUICK ? 1_000_000_000L : 8_000_000_000L; // ns; until it has made up for its start
    private static final long MEASURED = QUICK ? 2_000_000_000L : 15_000_000_000L;
    private static final int RATE = 200; // calls a second
    private static final int HOLD = 250; // ms

    private static final class Call {
        final long asked = System.nanoTime();
        final int idle;
        volatile long served = Long.MAX_VALUE;

        Call(int idle) {
            this.idle = idle;
        }
    }

    // Sockets that have got their ID.
    private static final class SlowSource implements DataSource {
        final AtomicInteger dials = new AtomicInteger();
        private final int port;

        SlowSource(int port) {
            this.port = port;
        }

        @Override
        public Connection getConnection() throws SQLException {
            try {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                if (socket.getInputStream().readNBytes(8).length != 8)
                    throw new IOException("the server has left");
                dials.incrementAndGet();
                return connectionOf(socket);
            } catch (IOException error) {
                throw new SQLException(error);
            }
        }

        private static Connection connectionOf(Socket socket) {
            InvocationHandler handler = (proxy, method, arguments) -> {
                Class<?> result = method.getReturnType();
                if (method.getName().equals("close"))
                    socket.close();
                if (result == boolean.class)
                    return true; // isValid(), getAutoCommit()
                return result == int.class ? (Object) 0 : null;
            };
            return (Connection) Proxy.newProxyInstance(SlowSource.class.getClassLoader(), new Class<?>[] {Connection.class}, handler);
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            return getConnection();
        }

        @Override
        public PrintWriter getLogWriter() {
            return null;
        }

        @Override
        public void setLogWriter(PrintWriter writer) {}

        @Override
        public void setLoginTimeout(int seconds) {}

        @Override
        public int getLoginTimeout() {
            return 0;
        }

        @Override
        public Logger getParentLogger() {
            return null;
        }

        @Override
        public <T> T unwrap(Class<T> type) {
            return null;
        }

        @Override
        public boolean isWrapperFor(Class<?> type) {
            return false;
        }
    }

    private static HikariDataSource poolOf(SlowSource source) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMinimumIdle(5);
        config.setMaximumPoolSize(200);
        return new HikariDataSource(config);
    }

    private static void use(HikariDataSource pool, boolean isOnce, Call call) {
        try (Connection connection = pool.getConnection()) {
            call.served = System.nanoTime();
            if (isOnce)
                pool.evictConnection(connection);
            else
                Thread.sleep(HOLD);
        } catch (SQLException error) {
            // It was not served within 30 s, or the measurement is over.
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    // A thread a call, since getConnection() blocks, and with a small stack, since thousands may wait.
    private static void ask(HikariDataSource pool, boolean isOnce, Call call) {
        Thread thread = new Thread(null, () -> use(pool, isOnce, call), "caller", 128 * 1024);
        thread.setDaemon(true);
        thread.start();
    }

    private static void measure(String program, boolean isOnce) throws Exception {
        Process server = new ProcessBuilder(program, "--serve", "TCP").redirectError(ProcessBuilder.Redirect.INHERIT).start();
        SlowSource source = new SlowSource(Integer.parseInt(new BufferedReader(new InputStreamReader(server.getInputStream())).readLine()));
        HikariDataSource pool = poolOf(source);
        List<Call> calls = new ArrayList<>();
        Random random = new Random(1);
        long begin = System.nanoTime() + WARM_UP;
        int dialsBefore = 0;
        for (long next = System.nanoTime(); next < begin + MEASURED; next += (long) (-Math.log(1 - random.nextDouble()) / RATE * 1e9)) {
            for (long left; (left = next - System.nanoTime()) > 0;)
                LockSupport.parkNanos(left);
            if (next < begin)
                dialsBefore = source.dials.get();
            Call call = new Call(pool.getHikariPoolMXBean().getIdleConnections());
            if (next >= begin)
                calls.add(call);
            ask(pool, isOnce, call);
        }
        print(isOnce ? "once" : "given back", calls, (source.dials.get() - dialsBefore) * 1e9 / MEASURED);
        server.getOutputStream().close();
    }

    // Whoever is not served by now has waited until now. Whoever found none idle has waited.
    private static void print(String use, List<Call> calls, double dials) {
        long now = System.nanoTime();
        double[] times = calls.stream().mapToDouble(call -> (Math.min(call.served, now) - call.asked) / 1e6).sorted().toArray();
        print(use, "P(wait)", "%", 100.0 * calls.stream().filter(call -> call.idle == 0).count() / calls.size());
        print(use, "p50", "ms", times[times.length / 2]);
        print(use, "p99", "ms", times[(int) (times.length * 0.99)]);
        print(use, "mean idle", "connections", calls.stream().mapToInt(call -> call.idle).average().orElse(0));
        print(use, "dials", "1/s", dials);
    }

    private static synchronized void print(String use, String metric, String unit, double value) {
        System.out.printf(Locale.ROOT,
                "{\"benchmark\":\"ready\",\"parameters\":{\"use\":\"%s\",\"transport\":\"TCP\",\"metric\":\"%s\"},"
                        + "\"implementation\":\"HikariCP (Java)\",\"value\":%.4f,\"unit\":\"%s\"}%n",
                use, metric, value, unit);
    }

    public static void main(String[] arguments) throws Exception {
        Thread[] cells = new Thread[2]; // side by side
        for (int i = 0; i < cells.length; ++i) {
            boolean isOnce = i == 0;
            cells[i] = new Thread(() -> {
                try {
                    measure(arguments[0], isOnce);
                } catch (Exception error) {
                    error.printStackTrace();
                    System.exit(1);
                }
            });
            cells[i].start();
        }
        for (Thread cell : cells)
            cell.join();
        System.exit(0); // whoever still waits need not
    }
}
