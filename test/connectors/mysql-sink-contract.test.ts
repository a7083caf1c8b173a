import { deliveryContract } from '../contract/sink-delivery-contract.ts'
import { errorsContract } from '../contract/sink-errors-contract.ts'
import { gapsContract } from '../contract/sink-gaps-contract.ts'
import { rowsContract } from '../contract/sink-rows-contract.ts'
import { mariadb } from '../support/sink-databases.ts'

deliveryContract(mariadb)
gapsContract(mariadb)
rowsContract(mariadb)
errorsContract(mariadb)
