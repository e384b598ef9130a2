import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'

export type OwnRedis = { url: string; stop(): Promise<void> }

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** A Redis of one's own that keeps nothing, or null where none is installed. */
export async function startRedis(dir: string): Promise<OwnRedis | null> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return null
  const port = await freePort()
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir]
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (text: Buffer) => text.includes('Ready to accept') && resolve())
  })
  await Promise.race([ready, ended])
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  return { url: `redis://127.0.0.1:${port}`, stop }
}
