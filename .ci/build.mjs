// Bundles what the compiler has checked. The bundler's own command prints the size of every chunk, whatever
// its log level is; its function prints warnings only.
import { build } from 'rolldown';
import config from '../rolldown.config.js';

await build(config);
