import { safeStorage } from 'electron'
import { errorMessage } from '../lib/errors.ts'
import { KeychainUnavailable, type Keychain } from '../store/store-key.ts'

/**
 * The system's keychain (Keychain, DPAPI, libsecret, KWallet), or why it cannot keep a secret here, as where Electron
 * would only scramble it with a fixed password (`basic_text`).
 */
export async function openKeychain(): Promise<Keychain | KeychainUnavailable> {
  try {
    return (await whyNot()) ?? keychain
  } catch (error) {
    return new KeychainUnavailable(`it does not answer (${errorMessage(error)}).`, error)
  }
}

async function whyNot(): Promise<KeychainUnavailable | undefined> {
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
  return undefined
}

const keychain: Keychain = {
  seal: text => safeStorage.encryptStringAsync(text),
  async unseal(sealed) {
    const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(sealed)
    return { text: result, stale: shouldReEncrypt }
  },
}
