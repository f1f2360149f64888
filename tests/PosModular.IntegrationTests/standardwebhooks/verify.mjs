// node verify.mjs   reads one JSON document from standard input: { secret, headers, body }
// Prints the verified payload as JSON; ends with code 1 and the reason when the signature is wrong.
import { Webhook } from 'standardwebhooks';

let input = '';
for await (const chunk of process.stdin) input += chunk;
const { secret, headers, body } = JSON.parse(input);
try {
  process.stdout.write(JSON.stringify(new Webhook(secret).verify(body, headers)));
} catch (error) {
  process.stderr.write(String(error));
  process.exit(1);
}
