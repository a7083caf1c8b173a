/** A case in which our answer is another one than Kafka Connect's, on purpose. */
export interface Difference {
  readonly reason: string
  /** Ours; 200 also stands for a request that is carried out. */
  readonly status: number
  /** In the body, as JSON. */
  readonly text: RegExp
}

const notBuilt = (what: string): Difference => ({
  reason: `${what} is not built yet`,
  status: 404,
  text: /Unknown plugin/
})

const driver: Difference = {
  reason:
    "the text is not that of PostgreSQL's Java driver: it names the server and what to look at",
  status: 400,
  text: /Error while validating connector config: PostgreSQL at 127\.0\.0\.1:1 cannot be reached/
}

/** Every difference, by captured case. One that is gone fails the tests, too. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'create-class-abstract': {
    reason: 'the text says what is wrong with the class, instead of "Instantiation error"',
    status: 400,
    text: /Failed to find any class that implements Connector/
  },
  'sink-bad-override': {
    reason: 'a client setting that is no number is bad input: 400 with all errors instead of 500',
    status: 400,
    text: /1 error\(s\):\\nInvalid value many for configuration max\.poll\.records: Not a number of type INT/
  },
  'validate-override': {
    reason: 'the same, while validating: an error of that key instead of 500',
    status: 200,
    text: /Invalid value soon for configuration linger\.ms: Not a number of type LONG/
  },
  'validate-empty': {
    reason: 'bad input is a 400, without the name of a Java class in front',
    status: 400,
    text: /^"Connector config \{\} contains no connector type"$/
  },
  'plugin-config-transform-base': {
    reason: 'a class that is only a base is bad input: 400 with the names to use instead of 500',
    status: 400,
    text: /Did you mean .*InsertField\$Key, .*InsertField\$Value\?/
  },
  'dbz-create-unreachable': driver,
  'dbz-validate-unreachable': { ...driver, status: 200 },
  'plugin-config-smt-cast': notBuilt('Cast'),
  'plugin-config-smt-headerfrom': notBuilt('HeaderFrom'),
  'plugin-config-smt-maskfield': notBuilt('MaskField'),
  'plugin-config-smt-setschemametadata': notBuilt('SetSchemaMetadata'),
  'plugin-config-smt-timestampconverter': notBuilt('TimestampConverter'),
  'plugin-config-smt-timestamprouter': notBuilt('TimestampRouter'),
  'plugin-config-smt-valuetokey': notBuilt('ValueToKey')
}
