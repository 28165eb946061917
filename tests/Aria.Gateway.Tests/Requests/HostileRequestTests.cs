using System.Text;
using Aria.Gateway.Errors;
using Aria.Gateway.Requests;
using CsCheck;

namespace Aria.Gateway.Tests.Requests;

/// <summary>Whatever bytes come, the answer is a request or a refusal.</summary>
public sealed class HostileRequestTests
{
    private static readonly byte[][] Valid =
    [
        """{"model":"m","messages":[{"role":"system","content":"é"},{"role":"user","content":[{"type":"text","text":"a"}]}],"stop":["x"],"seed":-1,"stream":true,"stream_options":{"include_usage":true},"tools":[],"aria":{}}"""u8.ToArray(),
        """{"model":"m","prompt":[[0,1,2]],"max_tokens":5,"temperature":0.5,"top_p":1e-3,"logit_bias":{},"n":1,"suffix":null}"""u8.ToArray(),
        """{"model":"m","prompt":["🌍"],"stop":"\n","echo":false,"best_of":1}"""u8.ToArray(),
    ];

    private static readonly string[] Values =
        ["null", "true", "0", "-1", "1e400", "18446744073709551616", "\"\"", "\"\\ud800\"", "[]", "[null]", "{}", "{\"type\":1}", "[[[]]]", "[{\"role\":\"user\",\"content\":[[]]}]", "{\"a\":{\"b\":[]}}"];

    private static readonly string[] Fields =
    [
        "model", "messages", "prompt", "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "seed", "stop", "stream", "stream_options", "n", "best_of", "logprobs", "top_logprobs",
        "logit_bias", "frequency_penalty", "presence_penalty", "repetition_penalty", "min_p", "typical_p", "mirostat", "grammar", "ignore_eos", "echo", "suffix", "response_format", "tools", "functions",
        "tool_choice", "function_call", "audio", "web_search_options", "modalities", "aria", "user", "é",
    ];

    [Fact]
    public void ChangedBytes_AreARequestOrARefusal() =>
        Gen.Select(Gen.Int[0, Valid.Length - 1], Gen.Select(Gen.Int[0, 400], Gen.Byte).Array[1, 4]).Sample((which, changes) =>
        {
            byte[] body = [.. Valid[which]];
            foreach ((int at, byte value) in changes)
            {
                body[at % body.Length] = value;
            }

            Judge(body);
        });

    [Fact]
    public void AnyFieldWithAnyValue_IsARequestOrARefusal() =>
        Gen.Select(Gen.Int[0, Fields.Length - 1].Select(i => Fields[i]), Gen.Int[0, Values.Length - 1].Select(i => Values[i])).Array[1, 6].Sample(fields =>
            Judge(Encoding.UTF8.GetBytes("{" + string.Join(',', fields.DistinctBy(field => field.Item1).Select(field => $"\"{field.Item1}\":{field.Item2}")) + "}")));

    private static void Judge(byte[] body)
    {
        foreach (Func<object> parse in (Func<object>[])[() => ChatRequest.Parse(body, () => 7), () => CompletionRequest.Parse(body, () => 7)])
        {
            try
            {
                Assert.NotNull(parse());
            }
            catch (RequestRefusedException refused)
            {
                Assert.Equal(400, refused.Error.Status);
                Assert.NotEqual("", refused.Error.Message);
            }
        }
    }
}
