// Preload (node --import ./loopback.mjs): every TCP listener binds 127.0.0.1, whatever it asked for.
// The PDS and the PLC server have no setting for their address and would listen on all of them.
import net from 'node:net'

const listen = net.Server.prototype.listen

net.Server.prototype.listen = function (...words) {
  const [first] = words
  if (typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first))) {
    if (typeof words[1] === 'string') words[1] = '127.0.0.1'
    else words.splice(1, 0, '127.0.0.1')
  } else if (first && typeof first === 'object' && first.port != null && !first.path) {
    words[0] = { ...first, host: '127.0.0.1' }
  }
  return listen.apply(this, words)
}
