// SPDX-License-Identifier: BSD-3-Clause
// The Node peers of the benchmark checkout: warm, in turn, several rounds; the median of each is a line of JSON.
'use strict';

const assert = require('assert');
const genericPool = require('generic-pool');
const tarn = require('tarn');

const idle = 1000;
const quick = Number(process.env.QNETPOOL_BENCHMARK_QUICK || 0) !== 0;
const calls = quick ? 25_000 : 100_000;
const rounds = quick ? 3 : 9;
const warmUp = 2; // rounds, after which the compiler has nothing left to do

async function ofGenericPool() {
    const pool = genericPool.createPool({ create: async () => ({}), destroy: async () => {} }, { min: idle, max: idle });
    await pool.ready();
    assert.strictEqual(pool.available, idle);
    return {
        implementation: 'generic-pool (Node), an object without a socket',
        round: async () => {
            for (let call = 0; call < calls; ++call)
                await pool.release(await pool.acquire());
        },
        end: async () => {
            await pool.drain();
            await pool.clear();
        },
    };
}

async function ofTarn() {
    const pool = new tarn.Pool({ create: async () => ({}), destroy: async () => {}, min: idle, max: idle });
    const all = await Promise.all(Array.from({ length: idle }, () => pool.acquire().promise)); // it creates none before need
    all.forEach((one) => pool.release(one));
    assert.strictEqual(pool.numFree(), idle);
    return {
        implementation: 'tarn (Node), an object without a socket',
        round: async () => {
            for (let call = 0; call < calls; ++call)
                pool.release(await pool.acquire().promise);
        },
        end: () => pool.destroy(),
    };
}

async function main() {
    const peers = [await ofGenericPool(), await ofTarn()];
    const results = peers.map(() => []);
    for (let round = -warmUp; round < rounds; ++round) {
        for (const [i, peer] of peers.entries()) {
            const begin = process.hrtime.bigint();
            await peer.round();
            const nanoseconds = Number(process.hrtime.bigint() - begin) / calls;
            if (round >= 0)
                results[i].push(nanoseconds);
        }
    }
    for (const [i, peer] of peers.entries()) {
        const value = results[i].sort((a, b) => a - b)[Math.floor(rounds / 2)];
        console.log(JSON.stringify({
            benchmark: 'checkout',
            parameters: { path: 'parked', transport: 'none' },
            implementation: peer.implementation,
            value,
            unit: 'ns',
        }));
        await peer.end();
    }
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
