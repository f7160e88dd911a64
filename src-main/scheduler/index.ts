import { Scheduler, type SchedulerOptions } from './scheduler.ts'

export type { SchedulerOptions } from './scheduler.ts'

/** Starts giving nodes to pods. `stop` resolves when the bindings under way are written. */
export function startScheduler(options: SchedulerOptions): { stop(): Promise<void> } {
  const scheduler = new Scheduler({ ...options, logger: options.logger.child({ component: 'scheduler' }) })
  scheduler.start()
  return { stop: () => scheduler.stop() }
}
