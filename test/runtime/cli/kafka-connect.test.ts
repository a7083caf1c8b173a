import { connectClientContract } from '../../contract/connect-client-contract.ts'
import { startConnect } from '../../support/connect.ts'
import { requireEngine } from '../../support/engines.ts'
import { sharedKafka, uniqueName } from '../../support/kafka.ts'

connectClientContract(
  'Kafka Connect',
  async () => {
    const { bootstrap } = await sharedKafka()
    return startConnect({ bootstrap, group: uniqueName('client') })
  },
  requireEngine('kafka', 'kafka-server')
)
