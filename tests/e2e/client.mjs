// The official Node client, unmodified: prints one JSON object of what it saw.
import { createRequire } from 'node:module';
const require = createRequire(process.env.CLIENT_MODULES + '/package.json');
const OpenAI = require('openai').OpenAI ?? require('openai');

const { URL_BASE, KEY } = process.env;
const client = new OpenAI({ baseURL: URL_BASE + '/v1', apiKey: KEY, maxRetries: 0 });
const messages = [{ role: 'user', content: 'Why is the sky blue?' }];

async function nameOfError(call) {
  try {
    await call();
    return 'none';
  } catch (error) {
    return error.constructor.name;
  }
}

const seen = {};
const chat = await client.chat.completions.create({ model: 'acme/chat', messages, max_tokens: 6 });
seen.chat = { text: chat.choices[0].message.content, tokens: chat.usage.completion_tokens };

let text = '';
let usage = 0;
const stream = await client.chat.completions.create({
  model: 'acme/chat', messages, max_tokens: 6, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  text += chunk.choices[0]?.delta?.content ?? '';
  usage += chunk.usage ? 1 : 0;
}
seen.streamed = { text, usage };

const completion = await client.completions.create({ model: 'acme/chat', prompt: 'Once', max_tokens: 4 });
seen.completion = completion.choices[0].text.length > 0;
const embeddings = await client.embeddings.create({ model: 'acme/chat', input: ['one', 'two'] });
seen.embeddings = embeddings.data.map((item) => item.embedding.length);
seen.models = [];
for await (const model of client.models.list()) seen.models.push(model.id);

const stranger = new OpenAI({ baseURL: URL_BASE + '/v1', apiKey: 'psk-wrong', maxRetries: 0 });
const create = (model, body = { messages }) => client.chat.completions.create({ model, ...body });
seen.errors = {
  401: await nameOfError(() => stranger.models.list()),
  404: await nameOfError(() => create('nobody/none')),
  400: await nameOfError(() => create('acme/chat', { messages: [] })),
  429: await nameOfError(() => create('acme/throttled')),
  500: await nameOfError(() => create('acme/broken')),
};
console.log(JSON.stringify(seen));
