// Teacher-forced evaluation by llama.cpp. Standard input: {"model": path, "sequences": [[token id, …], …]}. Standard output: for each sequence, for each position but the last,
// [best token, its logit less the second best's, log-probability of the token that follows].
import { text } from "node:stream/consumers";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const { model: modelPath, sequences } = JSON.parse(await text(process.stdin));
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: Math.max(...sequences.map(tokens => tokens.length)), batchSize: 512, sequences: 1, threads: 1 });
const sequence = context.getSequence();
const answers = [];
for (const tokens of sequences) {
    await sequence.clearHistory();
    const input = tokens.slice(0, -1).map(token => [token, { generateNext: { logits: true } }]);
    const output = await sequence.controlledEvaluate(input);
    answers.push(output.map(({ next: { logits } }, i) => {
        const values = [...logits.values()];
        let best = -1, first = -Infinity, second = -Infinity;
        for (const [token, logit] of logits) {
            if (logit > first) {
                [best, first, second] = [token, logit, first];
            } else if (logit > second) {
                second = logit;
            }
        }
        const sum = values.reduce((total, logit) => total + Math.exp(logit - first), 0);
        return [best, first - second, logits.get(tokens[i + 1]) - first - Math.log(sum)];
    }));
}
process.stdout.write(JSON.stringify(answers) + "\n", () => process.exit(0));
