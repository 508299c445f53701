// SPDX-License-Identifier: BSD-3-Clause
// What is under HikariCP's connections: the pool itself needs a database. A thread gets back what it gave, from a list of its own.
import com.zaxxer.hikari.util.ConcurrentBag;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

final class HikariBag {
    private static final class Entry extends AtomicInteger implements IConcurrentBagEntry {
        @Override
        public void setState(int state) {
            set(state);
        }

        @Override
        public int getState() {
            return get();
        }
    }

    public static void main(String[] arguments) throws Exception {
        try (ConcurrentBag<Entry> bag = new ConcurrentBag<>(waiting -> {})) {
            for (int i = 0; i < Measure.IDLE; ++i)
                bag.add(new Entry());
            Measure.checkout("HikariCP's bag (Java), an object without a socket", () -> bag.requite(bag.borrow(1, TimeUnit.SECONDS)));
        }
    }
}
