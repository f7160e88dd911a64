/**
 * Programs for `node -e` on a lab server. They speak HTTP over plain sockets: a client of Node's would be slower than
 * what it is to measure.
 */

const ASK = `
const net = require('node:net')
const REQUEST = close => 'GET / HTTP/1.1\\r\\nHost: web\\r\\n' + (close ? 'Connection: close\\r\\n' : '') + '\\r\\n'
const connect = address => net.connect({ host: address.split(':')[0], port: Number(address.split(':')[1]), noDelay: true })
function isWhole(text) {
  const end = text.indexOf('\\r\\n\\r\\n')
  const length = /content-length: (\\d+)/i.exec(text)
  return end >= 0 && length && text.length >= end + 4 + Number(length[1])
}
`

/**
 * ADDRESSES SECONDS KEEP-ALIVE: asks all of them (`10.244.0.2:8080,10.96.0.9:80`) at the same time, each with 8 connections,
 * so that whatever else the machine does hits them alike. Prints `{rate, p99}` of each.
 */
export const LOAD = `${ASK}
const [seconds, keep] = [Number(process.argv[2]), process.argv[3] === 'true']
const began = performance.now()
const until = began + seconds * 1000
let open = 0
function connection(address, times) {
  const socket = connect(address)
  let text = ''
  let start = performance.now()
  socket.once('error', error => { console.error(error); process.exit(1) })
  socket.on('connect', () => socket.write(REQUEST(!keep)))
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    if (!isWhole(text)) return
    text = ''
    const now = performance.now()
    if (now <= until) times.push(now - start)
    start = now
    if (now > until) { socket.destroy(); if (--open === 0) tell() }
    else if (keep) socket.write(REQUEST(false))
    else { socket.destroy(); connection(address, times) }
  })
}
const all = process.argv[1].split(',').map(address => ({ address, times: [] }))
function tell() {
  console.log(JSON.stringify(all.map(({ times }) => {
    times.sort((a, b) => a - b)
    return { rate: times.length / seconds, p99: times[Math.ceil(times.length * 0.99) - 1] }
  })))
}
for (let n = 0; n < 8; n++) for (const { address, times } of all) { open++; connection(address, times) }
`

/** ADDRESS FROM TO: connects anew again and again, prints when (ms since the epoch) TO has answered instead of FROM. */
export const WATCH = `${ASK}
const [, address, from, to] = process.argv
function once() {
  const socket = connect(address)
  let text = ''
  const again = () => { socket.destroy(); setTimeout(once, 5) }
  socket.setTimeout(500, again)
  socket.once('error', again)
  socket.on('connect', () => socket.write(REQUEST(true)))
  socket.on('data', chunk => {
    text += chunk
    if (!isWhole(text)) return
    if (!text.includes('"' + to + '"')) return again()
    console.log(Date.now())
    process.exit()
  })
}
once()
`
