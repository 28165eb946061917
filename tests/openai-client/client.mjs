// OpenAI's own client for node against the gateway whose base URL (…/v1) is the first argument. Prints one JSON document of what came.
import OpenAI from 'openai'

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'none is asked for', maxRetries: 0 })
const model = 'aria-tiny'
const messages = [{ role: 'user', content: 'Tell me a story.' }]
const chat = { model, messages, seed: 3, temperature: 0.8, max_completion_tokens: 12 }
const completion = { model, prompt: 'Once upon a time', seed: 4, max_tokens: 12 }

const refused = async (call) => {
  try {
    await call()
    return null
  } catch (e) {
    return { name: e.constructor.name, status: e.status, code: e.code, param: e.param, requestID: e.requestID }
  }
}

const out = {}
out.models = []
for await (const card of client.models.list()) out.models.push(card.id)

const { data, response, request_id } = await client.chat.completions.create(chat).withResponse()
out.chat = { text: data.choices[0].message.content, finish: data.choices[0].finish_reason, usage: data.usage, job: data.aria.job, header: response.headers.get('x-aria-job'), requestId: request_id }

out.streamed = { text: '', empty: 0 }
for await (const chunk of await client.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } })) {
  const delta = chunk.choices[0]?.delta
  if (delta?.content === '') out.streamed.empty++
  out.streamed.text += delta?.content ?? ''
  out.streamed.finish = chunk.choices[0]?.finish_reason ?? out.streamed.finish
  out.streamed.usage = chunk.usage ?? out.streamed.usage
  out.streamed.record = chunk.aria?.record ?? out.streamed.record
}

// The helper that assembles a stream stumbles over chunks of any other shape.
const assembled = await client.chat.completions.stream({ ...chat, stream_options: { include_usage: true } }).finalChatCompletion()
out.assembled = { text: assembled.choices[0].message.content, role: assembled.choices[0].message.role, finish: assembled.choices[0].finish_reason }

const whole = await client.completions.create(completion)
out.completion = { text: whole.choices[0].text, finish: whole.choices[0].finish_reason }
out.completionStreamed = { text: '' }
for await (const chunk of await client.completions.create({ ...completion, stream: true })) {
  out.completionStreamed.text += chunk.choices[0]?.text ?? ''
  out.completionStreamed.finish = chunk.choices[0]?.finish_reason ?? out.completionStreamed.finish
}

const judged = await client.chat.completions.create({ ...chat, logprobs: true, top_logprobs: 2, frequency_penalty: 0.5 })
out.judged = { text: judged.choices[0].message.content, tokens: judged.choices[0].logprobs.content }
const judgedStream = await client.chat.completions.stream({ ...chat, logprobs: true, top_logprobs: 2, frequency_penalty: 0.5 }).finalChatCompletion()
out.judgedStreamed = { text: judgedStream.choices[0].message.content, tokens: judgedStream.choices[0].logprobs.content }

out.unknownModel = await refused(() => client.chat.completions.create({ ...chat, model: 'gpt-4' }))
out.tooLong = await refused(() => client.completions.create({ ...completion, max_tokens: 1000000 }))
out.noEmbeddings = await refused(() => client.embeddings.create({ model, input: 'x' }))

process.stdout.write(JSON.stringify(out) + '\n')
