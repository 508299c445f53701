// SPDX-License-Identifier: BSD-3-Clause
// generic-pool in the benchmark ready: node ready.js BENCH_READY, the program whose slow server it connects to.
'use strict';

const { spawn } = require('child_process');
const { once } = require('events');
const net = require('net');
const readline = require('readline');
const genericPool = require('generic-pool');

const quick = Number(process.env.QNETPOOL_BENCHMARK_QUICK || 0) !== 0;
const warmUp = quick ? 1000 : 8000; // ms; until it has made up for its start
const measured = quick ? 2000 : 15000;
const rate = 200; // calls a second
const hold = 250; // ms

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Mulberry32, since Math.random() takes no seed.
function seeded(seed) {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

async function startServer() {
    const process = spawn(globalThis.process.argv[2], ['--serve', 'TCP'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [port] = await once(readline.createInterface({ input: process.stdout }), 'line');
    return { port: Number(port), end: () => process.stdin.end() };
}

// Sockets that have got their ID.
class Sockets {
    constructor(port) {
        this.port = port;
        this.dials = 0;
    }

    async create() {
        const socket = net.connect(this.port, '127.0.0.1');
        await once(socket, 'data');
        socket.on('error', () => {});
        ++this.dials;
        return socket;
    }

    async destroy(socket) {
        socket.destroy();
    }
}

async function use(pool, isOnce, call) {
    const socket = await pool.acquire();
    call.served = performance.now();
    if (isOnce)
        return pool.destroy(socket);
    await sleep(hold);
    return pool.release(socket);
}

// Calls use() as a Poisson process, in time even if earlier ones still wait; timers are as coarse as those of Qt.
async function load(act, milliseconds, random) {
    const end = performance.now() + milliseconds;
    for (let next = performance.now(); next < end; next -= (Math.log(1 - random()) / rate) * 1000) {
        const left = next - performance.now();
        if (left > 0)
            await sleep(Math.ceil(left));
        act();
    }
}

async function measure(isOnce) {
    const server = await startServer();
    const sockets = new Sockets(server.port);
    const pool = genericPool.createPool(sockets, { min: 5, max: 200 });
    const random = seeded(1);
    let calls = [];
    const act = () => {
        const call = { asked: performance.now(), idle: pool.available, served: Infinity };
        calls.push(call);
        use(pool, isOnce, call).catch(fail);
    };
    await load(act, warmUp, random);
    calls = [];
    const dials = sockets.dials;
    await load(act, measured, random);
    print(isOnce ? 'once' : 'given back', calls, ((sockets.dials - dials) * 1000) / measured);
    server.end();
}

// Whoever is not served by now has waited until now. Whoever found none idle has waited.
function print(use, calls, dials) {
    const now = performance.now();
    const times = calls.map((call) => Math.min(call.served, now) - call.asked).sort((a, b) => a - b);
    const line = (metric, unit, value) => console.log(JSON.stringify({
        benchmark: 'ready',
        parameters: { use, transport: 'TCP', metric },
        implementation: 'generic-pool (Node)',
        value,
        unit,
    }));
    line('P(wait)', '%', (100 * calls.filter((call) => call.idle === 0).length) / calls.length);
    line('p50', 'ms', times[Math.floor(times.length / 2)]);
    line('p99', 'ms', times[Math.floor(times.length * 0.99)]);
    line('mean idle', 'connections', calls.reduce((sum, call) => sum + call.idle, 0) / calls.length);
    line('dials', '1/s', dials);
}

function fail(error) {
    console.error(error);
    process.exit(1);
}

Promise.all([measure(true), measure(false)]).then(() => process.exit(0), fail); // whoever still waits need not
