export default {
  schema: '../../../schema.graphql',
  documents: 'app.ts',
  importExtension: '.js',
  generates: {
    './gql/': {
      preset: 'client',
      presetConfig: { persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: {
        useTypeImports: true,
        scalars: {
          DateTime: 'string', // ISO 8601 in UTC
          LocalDate: 'string', // 2026-11-23
          LocalTime: 'string', // 22:00:00
          Long: 'number',
          Decimal: { input: 'number | string', output: 'number' },
        },
      },
    },
  },
};
