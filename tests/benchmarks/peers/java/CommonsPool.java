// SPDX-License-Identifier: BSD-3-Clause
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

final class CommonsPool {
    private static final class Factory extends BasePooledObjectFactory<Object> {
        @Override
        public Object create() {
            return new Object();
        }

        @Override
        public PooledObject<Object> wrap(Object object) {
            return new DefaultPooledObject<>(object);
        }
    }

    public static void main(String[] arguments) throws Exception {
        GenericObjectPoolConfig<Object> config = new GenericObjectPoolConfig<>();
        config.setMaxTotal(Measure.IDLE);
        config.setMaxIdle(Measure.IDLE);
        config.setMinIdle(Measure.IDLE);
        config.setJmxEnabled(false);
        try (GenericObjectPool<Object> pool = new GenericObjectPool<>(new Factory(), config)) {
            pool.preparePool();
            Measure.checkout("commons-pool2 (Java), an object without a socket", () -> pool.returnObject(pool.borrowObject()));
        }
    }
}
