import { app, shell, type Session, type WebContents } from 'electron'

/**
 * The page may talk to its own origin and to nothing else. Numbers are those of Electron's security checklist
 * (docs/tutorial/security.md): permissions [5], navigation [13], new windows [14], openExternal [15], webview [12].
 * @param origin the control plane's own address, e.g. `http://127.0.0.1:41237`
 */
export function lockDown(session: Session, origin: string): void {
  session.setPermissionRequestHandler((contents, permission, answer) => {
    answer(isAllowed(permission, contents.getURL(), origin))
  })
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) =>
    isAllowed(permission, requestingOrigin, origin),
  )
  session.setDevicePermissionHandler(() => false)
  app.on('web-contents-created', (_event, contents) => lockContents(contents, origin))
}

/** Copying a log line or a YAML document is the one thing that the window asks for. */
function isAllowed(permission: string, requester: string, origin: string): boolean {
  return permission === 'clipboard-sanitized-write' && sameOrigin(requester, origin)
}

function lockContents(contents: WebContents, origin: string): void {
  contents.on('will-navigate', details => {
    if (!sameOrigin(details.url, origin)) details.preventDefault()
  })
  contents.on('will-redirect', details => {
    if (!sameOrigin(details.url, origin)) details.preventDefault()
  })
  contents.on('will-attach-webview', event => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url)
    return { action: 'deny' }
  })
}

/** Links in logs and labels come from strangers: only https leaves the app, to the person's own browser. */
function openOutside(url: string): void {
  const parsed = parse(url)
  if (parsed?.protocol === 'https:') void shell.openExternal(parsed.href)
}

function sameOrigin(url: string, origin: string): boolean {
  return parse(url)?.origin === origin
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined
}
