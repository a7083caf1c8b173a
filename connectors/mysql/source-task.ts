import type { RawConfig } from '../../runtime/api/config.ts'
import type { SourceTask } from '../../runtime/api/task.ts'
import type { SourceConfig } from './source-config.ts'
import type { Flavor } from './types/column-codec.ts'

export class MysqlSourceTask implements SourceTask {
  constructor(_flavor: Flavor, _config: SourceConfig, _raw: RawConfig) {}
  async start(): Promise<void> {}
  async poll(): Promise<never[]> {
    return []
  }
  async stop(): Promise<void> {}
}
