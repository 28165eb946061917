using System.Buffers;
using System.Text.Json;

namespace Aria.Cli.Client;

/// <summary>The flags of <c>complete</c> and <c>chat</c> as a request body.</summary>
internal sealed record GenerationFlags(string Model, double Temperature, double? TopP, int? TopK, double? MinP, ulong? Seed, int? MaxTokens, IReadOnlyList<string> Stops)
{
    /// <summary>Penalties; null: the gateway's default.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <inheritdoc cref="RepetitionPenalty"/>
    public double? FrequencyPenalty { get; init; }

    /// <inheritdoc cref="RepetitionPenalty"/>
    public double? PresencePenalty { get; init; }

    /// <summary>How many of the most probable tokens a completion tells beside each log-probability; null: no log-probabilities.</summary>
    public int? Logprobs { get; init; }

    public ReadOnlyMemory<byte> Completion(string prompt) => Body(json => json.WriteString("prompt", prompt));

    public ReadOnlyMemory<byte> Chat(IEnumerable<(string Role, string Content)> messages) => Body(json =>
    {
        json.WriteStartArray("messages");
        foreach ((string role, string content) in messages)
        {
            json.WriteStartObject();
            json.WriteString("role", role);
            json.WriteString("content", content);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private ReadOnlyMemory<byte> Body(Action<Utf8JsonWriter> input)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model", Model);
            input(json);
            json.WriteNumber("temperature", Temperature);
            Optional(json, "top_p", TopP);
            Optional(json, "top_k", TopK);
            Optional(json, "min_p", MinP);
            Optional(json, "repetition_penalty", RepetitionPenalty);
            Optional(json, "frequency_penalty", FrequencyPenalty);
            Optional(json, "presence_penalty", PresencePenalty);
            Optional(json, "logprobs", Logprobs);
            Optional(json, "max_tokens", MaxTokens);
            if (Seed is { } seed)
            {
                json.WriteNumber("seed", seed);
            }

            if (Stops.Count > 0)
            {
                json.WriteStartArray("stop");
                foreach (string stop in Stops)
                {
                    json.WriteStringValue(stop);
                }

                json.WriteEndArray();
            }

            json.WriteBoolean("stream", true);
            json.WriteStartObject("stream_options");
            json.WriteBoolean("include_usage", true);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Optional(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
