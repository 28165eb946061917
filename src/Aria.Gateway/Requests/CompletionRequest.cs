using System.Text.Json;
using Aria.Gateway.Errors;

namespace Aria.Gateway.Requests;

/// <summary>A valid <c>POST /v1/completions</c>.</summary>
internal sealed record CompletionRequest(GenerationSettings Settings, Prompt Prompt)
{
    /// <summary>Tokens generated when a request does not say, as OpenAI's.</summary>
    public const int DefaultMaxTokens = 16;

    /// <exception cref="RequestRefusedException">The body is no such request, or asks for what this version cannot do.</exception>
    public static CompletionRequest Parse(ReadOnlyMemory<byte> body, Func<ulong> drawSeed) => JsonFields.ReadObject(body, root => Read(root, drawSeed));

    private static CompletionRequest Read(JsonElement root, Func<ulong> drawSeed)
    {
        GenerationFields fields = new(drawSeed);
        Prompt? prompt = null;
        foreach (JsonProperty field in root.EnumerateObject())
        {
            (string name, JsonElement value) = (field.Name, field.Value);
            switch (name)
            {
                case "prompt": prompt = Read(value); break;
                case "logprobs" when value.ValueKind != JsonValueKind.Null: fields.WantLogprobs(JsonFields.Int(value, name, 0, SamplingParameters.MaxLogProbabilities)); break;
                case "echo": GenerationFields.Only(name, value.ValueKind == JsonValueKind.Null || !JsonFields.Flag(value, name), "not supported by this version; put the prompt before the answer yourself."); break;
                case "suffix": GenerationFields.Only(name, JsonFields.IsEmpty(value), "this model cannot fill a gap."); break;
                default: fields.Take(field); break;
            }
        }

        return new(fields.Finish(), prompt ?? throw new RequestRefusedException(ApiError.Missing("prompt")));
    }

    // A string, an array of one string, an array of token ids, or an array of one such array.
    private static Prompt Read(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return Text(value, "prompt");
        }

        if (value.GetArrayLength() == 0)
        {
            throw JsonFields.Refuse("prompt", "an empty list holds no prompt.");
        }

        if (value[0].ValueKind == JsonValueKind.Number)
        {
            return Tokens(value, "prompt");
        }

        return value.GetArrayLength() > 1 ? throw JsonFields.Unsupported("prompt", "this version completes one prompt a request.")
            : value[0].ValueKind == JsonValueKind.Array ? Tokens(value[0], "prompt[0]")
            : Text(value[0], "prompt[0]");
    }

    private static Prompt.Text Text(JsonElement value, string at) =>
        value.ValueKind == JsonValueKind.String ? new(value.GetString()!) : throw JsonFields.Refuse(at, $"a string or token ids are expected, not {JsonFields.Name(value)}.");

    private static Prompt.Tokens Tokens(JsonElement value, string at) => value.GetArrayLength() > 0
        ? new([.. value.EnumerateArray().Select((id, index) => (uint)JsonFields.Int(id, $"{at}[{index}]", 0, int.MaxValue))])
        : throw JsonFields.Refuse(at, "an empty list holds no prompt.");
}

/// <summary>What to continue.</summary>
internal abstract record Prompt
{
    private Prompt()
    {
    }

    public sealed record Text(string Value) : Prompt;

    public sealed record Tokens(IReadOnlyList<uint> Ids) : Prompt;
}
