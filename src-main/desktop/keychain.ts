import { safeStorage } from 'electron'
import { KeychainUnavailable, type Keychain } from '../store/store-key.ts'

/**
 * The system's keychain (Keychain, DPAPI, libsecret, KWallet), or why it cannot keep a secret here, as where Electron
 * would only scramble it with a fixed password (`basic_text`).
 */
export async function openKeychain(): Promise<Keychain | KeychainUnavailable> {
  if (!(await safeStorage.isAsyncEncryptionAvailable())) {
    return new KeychainUnavailable(
      'it is locked or not installed. Unlock the keyring; on Linux, install gnome-keyring or KWallet if there is none.',
    )
  }
  if (process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text') {
    return new KeychainUnavailable(
      'no keyring is running. Unlock the keyring, or install gnome-keyring or KWallet if there is none.',
    )
  }
  return {
    seal: text => safeStorage.encryptStringAsync(text),
    async unseal(sealed) {
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(sealed)
      return { text: result, stale: shouldReEncrypt }
    },
  }
}
