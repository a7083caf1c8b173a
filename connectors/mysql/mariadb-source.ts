import { mysqlSource } from './source-declaration.ts'

export default mysqlSource('mariadb')
