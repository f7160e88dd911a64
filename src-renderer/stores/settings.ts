import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { persisted } from './persisted.ts'

export type ThemeChoice = 'system' | 'light' | 'dark'
const THEMES: readonly ThemeChoice[] = ['system', 'light', 'dark']

export interface LogSettings {
  wrap: boolean
  timestamps: boolean
}

export const useSettings = defineStore('settings', () => {
  const themeChoice = persisted<ThemeChoice>(
    'theme',
    stored => THEMES.find(theme => theme === stored) ?? 'system',
  )
  const logs = persisted<LogSettings>('logs', stored => ({
    wrap: (stored as Partial<LogSettings> | undefined)?.wrap ?? false,
    timestamps: (stored as Partial<LogSettings> | undefined)?.timestamps ?? false,
  }))
  const dockHeight = persisted<number>('dock-height', stored => (typeof stored === 'number' ? stored : 300))

  const preference = matchMedia('(prefers-color-scheme: dark)')
  const prefersDark = shallowRef(preference.matches)
  preference.addEventListener('change', event => (prefersDark.value = event.matches))
  const theme = computed<'light' | 'dark'>(() => {
    if (themeChoice.value !== 'system') return themeChoice.value
    return prefersDark.value ? 'dark' : 'light'
  })
  watch(theme, name => (document.documentElement.dataset['theme'] = name), { immediate: true })

  return { themeChoice, theme, logs, dockHeight }
})
