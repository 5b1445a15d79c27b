// A PLC directory (in memory) and a PDS (SQLite in PDS_DIR), as one process on 127.0.0.1.
// Prints one JSON line when both answer; ends when its standard input closes.
//
// Settings of the PDS: https://github.com/bluesky-social/atproto/blob/main/packages/pds/src/config/env.ts
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import * as plc from '@did-plc/server'
import { PDS } from '@atproto/pds'

const plcPort = Number(process.env.PLC_PORT)
const pdsPort = Number(process.env.PDS_PORT)
const folder = process.env.PDS_DIR
const blobs = path.join(folder, 'blobs')
fs.mkdirSync(blobs, { recursive: true })

const directory = plc.PlcServer.create({ db: plc.Database.mock(), port: plcPort })
await directory.start()

const pds = await PDS.fromEnv({
  devMode: true,
  port: pdsPort,
  hostname: 'localhost',
  dataDirectory: folder,
  blobstoreDiskLocation: blobs,
  didPlcUrl: `http://localhost:${plcPort}`,
  serviceHandleDomains: ['.test'],
  inviteRequired: false,
  disableSsrfProtection: true, // its own guard refuses the loopback PLC
  rateLimitsEnabled: false,
  blobUploadLimit: 20_000_000, // so that a test can go over it; servers as distributed take 50 MB and more
  adminPassword: randomBytes(16).toString('hex'),
  jwtSecret: randomBytes(16).toString('hex'),
  plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
  // There is no AppView and no moderation service here; `.invalid` never resolves (RFC 6761, 6.4).
  bskyAppViewUrl: 'https://appview.invalid',
  bskyAppViewDid: 'did:example:invalid',
  modServiceUrl: 'https://moderation.invalid',
  modServiceDid: 'did:example:invalid',
})
await pds.start()

console.log(JSON.stringify({ ready: true, pid: process.pid }))

let stopping = false
const stop = async () => {
  if (stopping) return
  stopping = true
  await Promise.allSettled([pds.destroy(), directory.destroy()])
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
process.stdin.on('end', stop).resume()
