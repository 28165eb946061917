using System.Globalization;
using System.Text.Json;
using Aria.Engine.Text;
using Aria.Gateway.Errors;

namespace Aria.Gateway.Requests;

/// <summary>
/// Gathers the fields that both endpoints share. A field that would change the answer and cannot be honoured is refused by name;
/// one that is harmless, or unknown, is noted as ignored (specs/gateway.md §3).
/// </summary>
internal sealed class GenerationFields(Func<ulong> drawSeed)
{
    /// <summary>Most stop texts.</summary>
    public const int MaxStops = 4;

    private const string NotInThisVersion = "not supported by this version; leave it out.";

    private readonly SortedSet<string> _ignored = new(StringComparer.Ordinal);
    private string? _model;
    private int? _maxTokens;
    private int? _maxCompletionTokens;
    private double _temperature = 1;
    private double _topP = 1;
    private double _minP;
    private double _frequencyPenalty;
    private double _presencePenalty;
    private double _repetitionPenalty = 1;
    private LogitBiases _biases;
    private int? _topLogprobs;
    private int _topK;
    private ulong? _seed;
    private IReadOnlyList<string> _stops = [];
    private bool _stream;
    private bool? _includeUsage;

    /// <summary>Takes one field of the request.</summary>
    /// <exception cref="RequestRefusedException">A value that does not fit, or cannot be honoured.</exception>
    public void Take(JsonProperty field)
    {
        (string name, JsonElement value) = (field.Name, field.Value);
        if (value.ValueKind == JsonValueKind.Null)
        {
            return;                                     // clients send null for "not given"
        }

        switch (name)
        {
            case "model": _model = JsonFields.Text(value, name); break;
            case "max_tokens": _maxTokens = JsonFields.Int(value, name, 1, int.MaxValue); break;
            case "max_completion_tokens": _maxCompletionTokens = JsonFields.Int(value, name, 1, int.MaxValue); break;
            case "temperature": _temperature = JsonFields.Real(value, name, 0, 2); break;
            case "top_p": _topP = JsonFields.Real(value, name, 0, 1); break;
            case "top_k": _topK = JsonFields.Int(value, name, 0, SamplingParameters.MaxCandidates); break;
            case "seed": _seed = JsonFields.Bits64(value, name); break;
            case "stop": _stops = Stops(value); break;
            case "stream": _stream = JsonFields.Flag(value, name); break;
            case "stream_options": TakeStreamOptions(value); break;
            case "n": Only(name, JsonFields.Int(value, name, 1, 128) == 1, "this version gives one choice; send n requests instead."); break;
            case "best_of": Only(name, JsonFields.Int(value, name, 1, 128) == 1, "this version gives one choice."); break;
            case "frequency_penalty": _frequencyPenalty = JsonFields.Real(value, name, -2, 2); break;
            case "presence_penalty": _presencePenalty = JsonFields.Real(value, name, -2, 2); break;
            case "repetition_penalty": _repetitionPenalty = Repetition(value); break;
            case "repeat_penalty": Only(name, JsonFields.Real(value, name, 0, 100) == 1, "it looks at the last tokens alone, which this version does not; repetition_penalty looks at all."); break;
            case "min_p": _minP = JsonFields.Real(value, name, 0, 1); break;
            case "logit_bias": _biases = Biases(value); break;
            case "typical_p" or "top_a" or "xtc_probability" or "dry_multiplier" or "mirostat": Only(name, IsNumber(value, name == "typical_p" ? 1 : 0), NotInThisVersion); break;
            case "ignore_eos": Only(name, !JsonFields.Flag(value, name), NotInThisVersion); break;
            case "grammar" or "guided_json" or "guided_regex" or "guided_choice": Only(name, JsonFields.IsEmpty(value), NotInThisVersion); break;
            case "aria": TakeAria(value); break;
            default: _ignored.Add(name); break;
        }
    }

    /// <summary>Notes that a field was given and has no effect.</summary>
    public void Ignore(string name) => _ignored.Add(name);

    /// <summary>Log-probabilities are wanted, with <paramref name="top"/> of the most probable tokens beside each.</summary>
    public void WantLogprobs(int top) => _topLogprobs = top;

    /// <summary>Refuses the field unless its value is the one that means "nothing".</summary>
    public static void Only(string name, bool neutral, string why)
    {
        if (!neutral)
        {
            throw JsonFields.Unsupported(name, why);
        }
    }

    /// <summary>All fields together.</summary>
    /// <exception cref="RequestRefusedException">A required one is missing, or two contradict each other.</exception>
    public GenerationSettings Finish()
    {
        if (_includeUsage is not null && !_stream)
        {
            throw JsonFields.Refuse("stream_options", "goes with \"stream\": true only.");
        }

        // top_p 0 means the best token alone: the smallest positive mass says the same.
        SamplingParameters sampling = new((float)_temperature, _topK, Math.Max((float)_topP, float.Epsilon), _seed ?? drawSeed())
        {
            MinP = (float)_minP,
            Penalties = new((float)_repetitionPenalty, (float)_frequencyPenalty, (float)_presencePenalty),
            Biases = _biases,
            LogProbabilities = _topLogprobs is { } top ? Math.Max(1, top) : 0,
        };
        return new(
            _model ?? throw new RequestRefusedException(ApiError.Missing("model")),
            _maxCompletionTokens ?? _maxTokens,
            sampling,
            _stops,
            _stream,
            _includeUsage ?? false,
            [.. _ignored])
        {
            TopLogprobs = _topLogprobs,
        };
    }

    private static double Repetition(JsonElement value) => JsonFields.Real(value, "repetition_penalty", 0, 2) is var number && (float)number > 0
        ? number
        : throw JsonFields.Refuse("repetition_penalty", "a number above 0 is expected; 1 changes nothing.");

    private static bool IsNumber(JsonElement value, double neutral) => value.ValueKind == JsonValueKind.Number && value.GetDouble() == neutral;

    // Keys are token ids, as OpenAI has them.
    private static LogitBiases Biases(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw JsonFields.Refuse("logit_bias", $"an object of token ids is expected, not {JsonFields.Name(value)}.");
        }

        List<LogitBias> biases = [];
        foreach (JsonProperty bias in value.EnumerateObject())
        {
            string at = $"logit_bias.{bias.Name}";
            biases.Add(uint.TryParse(bias.Name, NumberStyles.None, CultureInfo.InvariantCulture, out uint token) && biases.All(known => known.Token != token)
                ? new(token, (float)JsonFields.Real(bias.Value, at, -LogitBiases.MaxMagnitude, LogitBiases.MaxMagnitude))
                : throw JsonFields.Refuse(at, "a token id of its own is expected as the key."));
        }

        return biases.Count <= LogitBiases.MaxCount
            ? LogitBiases.Of(biases)
            : throw JsonFields.Refuse("logit_bias", $"at most {LogitBiases.MaxCount} tokens are taken.");
    }

    private static List<string> Stops(JsonElement value)
    {
        List<string> stops = value.ValueKind switch
        {
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Array when value.GetArrayLength() <= MaxStops => [.. value.EnumerateArray().Select((item, index) => JsonFields.Text(item, $"stop[{index}]"))],
            _ => throw JsonFields.Refuse("stop", $"a string or up to {MaxStops} strings are expected."),
        };
        return TextStream.Objection(stops) is { } objection ? throw JsonFields.Refuse("stop", objection) : stops;
    }

    private void TakeStreamOptions(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw JsonFields.Refuse("stream_options", $"an object is expected, not {JsonFields.Name(value)}.");
        }

        _includeUsage = false;
        foreach (JsonProperty option in value.EnumerateObject())
        {
            if (option.Name == "include_usage")
            {
                _includeUsage = JsonFields.Flag(option.Value, "stream_options.include_usage");
            }
            else
            {
                _ignored.Add($"stream_options.{option.Name}");
            }
        }
    }

    // What a request may ask of the network; none of it can be promised yet, and a promise is never ignored.
    private static void TakeAria(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw JsonFields.Refuse("aria", $"an object is expected, not {JsonFields.Name(value)}.");
        }

        foreach (JsonProperty wish in value.EnumerateObject())
        {
            if (wish.Value.ValueKind != JsonValueKind.Null)
            {
                throw JsonFields.Unsupported($"aria.{wish.Name}", NotInThisVersion);
            }
        }
    }
}
