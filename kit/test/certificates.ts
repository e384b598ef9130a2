import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Authority = {
  folder: string
  /** Writes `tls.crt`, `tls.key` and `ca.crt` into a folder below, over those that are there. */
  issue(name: string, hosts?: string): string
  remove(): void
}

/** An authority of its own, by openssl: as cert-manager would issue for processes. */
export function openAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-authority-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  openssl('req', '-x509', ...key, '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.crt')
  return {
    folder,
    issue(name, hosts = 'IP:127.0.0.1') {
      const to = join(folder, name)
      mkdirSync(to, { recursive: true })
      writeFileSync(join(to, 'names'), `subjectAltName=${hosts}\n`)
      openssl(
        ...['req', ...key, '-subj', `/CN=${name}`],
        ...['-keyout', `${name}/tls.key`, '-out', `${name}/request`],
      )
      openssl(
        ...['x509', '-req', '-in', `${name}/request`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '2'],
        ...['-extfile', `${name}/names`, '-out', `${name}/tls.crt`],
      )
      openssl('x509', '-in', 'ca.crt', '-out', `${name}/ca.crt`)
      return to
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
