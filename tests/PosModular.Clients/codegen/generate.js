// Does what the command graphql-codegen does with codegen.js, by the same preset, without the command's 240 other packages.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import { preset } from '@graphql-codegen/client-preset';
import { buildSchema, parse } from 'graphql';
import config from './codegen.js';

const at = (path) => new URL(path, import.meta.url);
const schema = await readFile(at(config.schema), 'utf8');
const source = await readFile(at(config.documents), 'utf8');
const documents = [...source.matchAll(/graphql\(`(.*?)`\)/gs)]
  .map(([, text]) => ({ location: config.documents, document: parse(text), rawSDL: text }));
const [[baseOutputDir, { config: ownOptions, presetConfig }]] = Object.entries(config.generates);
const options = { ...ownOptions, importExtension: config.importExtension };
const files = await preset.buildGeneratesSection({
  baseOutputDir, documents, config: options, presetConfig, plugins: [], pluginMap: {}, profiler: { run: (run) => run() },
  schema: parse(schema), schemaAst: buildSchema(schema), documentTransforms: [],
});
await mkdir(at(baseOutputDir), { recursive: true });
for (const file of files)
  await writeFile(at(file.filename), await codegen(file));
