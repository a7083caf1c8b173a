import { join } from 'node:path'
import { after } from 'node:test'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { openKafkaBroker } from '../../../runtime/broker/kafka/kafka-broker.ts'
import { coordinatorContract } from '../../contract/coordinator-contract.ts'
import { requireEngine } from '../../support/engines.ts'
import { sharedKafka } from '../../support/kafka.ts'
import { projectRoot } from '../../support/source-files.ts'

const config = { 'bootstrap.servers': '' }
const opened: Broker[] = []
after(async () => {
  for (const broker of opened) await broker.close()
})

coordinatorContract(
  'kafka',
  {
    open: async (options) => {
      config['bootstrap.servers'] = (await sharedKafka()).bootstrap
      const broker = await openKafkaBroker(config)
      opened.push(broker)
      return broker.coordinator(options)
    },
    remote: {
      module: join(projectRoot, 'runtime/broker/kafka/kafka-broker.ts'),
      open: 'openKafkaBroker',
      argument: config
    }
  },
  requireEngine('kafka')
)
