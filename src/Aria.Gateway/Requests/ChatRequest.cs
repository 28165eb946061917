using System.Text;
using System.Text.Json;
using Aria.Gateway.Errors;

namespace Aria.Gateway.Requests;

/// <summary>A valid <c>POST /v1/chat/completions</c>.</summary>
internal sealed record ChatRequest(GenerationSettings Settings, IReadOnlyList<RequestMessage> Messages)
{
    /// <summary>Most messages of a conversation.</summary>
    public const int MaxMessages = 1024;

    /// <exception cref="RequestRefusedException">The body is no such request, or asks for what this version cannot do.</exception>
    public static ChatRequest Parse(ReadOnlyMemory<byte> body, Func<ulong> drawSeed) => JsonFields.ReadObject(body, root => Read(root, drawSeed));

    private static ChatRequest Read(JsonElement root, Func<ulong> drawSeed)
    {
        GenerationFields fields = new(drawSeed);
        IReadOnlyList<RequestMessage>? messages = null;
        bool logprobs = false;
        int topLogprobs = 0;
        bool noTools = root.TryGetProperty("tool_choice", out JsonElement choice) && choice.ValueKind == JsonValueKind.String && choice.GetString() == "none";
        foreach (JsonProperty field in root.EnumerateObject())
        {
            (string name, JsonElement value) = (field.Name, field.Value);
            bool given = !JsonFields.IsEmpty(value);
            switch (name)
            {
                case "messages": messages = ReadMessages(value); break;
                case "logprobs": logprobs = given && JsonFields.Flag(value, name); break;
                case "top_logprobs": topLogprobs = given ? JsonFields.Int(value, name, 0, SamplingParameters.MaxLogProbabilities) : 0; break;
                case "response_format": GenerationFields.Only(name, !given || IsPlainText(value), "only {\"type\":\"text\"}: there is no grammar to hold the model to a format."); break;
                case "tools" when noTools && given: fields.Ignore(name); break;
                case "tools" or "functions": GenerationFields.Only(name, !given, "this model calls no tools."); break;
                case "tool_choice" when given: TakeToolChoice(value, fields); break;
                case "function_call" when given: GenerationFields.Only(name, value.ValueKind == JsonValueKind.String && value.GetString() is "none" or "auto", "this model calls no tools."); fields.Ignore(name); break;
                case "audio" or "web_search_options": GenerationFields.Only(name, !given, "this model answers in text, from what it learned."); break;
                case "modalities" when given: TakeModalities(value, fields); break;
                default: fields.Take(field); break;
            }
        }

        if (logprobs)
        {
            fields.WantLogprobs(topLogprobs);
        }
        else if (topLogprobs > 0)
        {
            throw JsonFields.Refuse("top_logprobs", "goes with \"logprobs\": true only.");
        }

        return new(fields.Finish(), messages ?? throw new RequestRefusedException(ApiError.Missing("messages")));
    }

    private static void TakeToolChoice(JsonElement value, GenerationFields fields)
    {
        GenerationFields.Only("tool_choice", value.ValueKind == JsonValueKind.String && value.GetString() is "none" or "auto", "this model calls no tools.");
        fields.Ignore("tool_choice");
    }

    private static void TakeModalities(JsonElement value, GenerationFields fields)
    {
        bool text = value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && item.GetString() == "text");
        GenerationFields.Only("modalities", text, "this model answers in text.");
        fields.Ignore("modalities");
    }

    private static bool IsPlainText(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.GetString() == "text";

    private static List<RequestMessage> ReadMessages(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > MaxMessages)
        {
            throw JsonFields.Refuse("messages", $"1 to {MaxMessages} messages are expected.");
        }

        return [.. value.EnumerateArray().Select((message, index) => Message(message, $"messages[{index}]"))];
    }

    private static RequestMessage Message(JsonElement message, string at)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw JsonFields.Refuse(at, $"an object is expected, not {JsonFields.Name(message)}.");
        }

        string? role = null;
        string? content = null;
        foreach (JsonProperty field in message.EnumerateObject())
        {
            switch (field.Name)
            {
                case "role": role = Role(JsonFields.Text(field.Value, $"{at}.role"), at); break;
                case "content": content = Content(field.Value, $"{at}.content"); break;
                case "tool_calls" or "function_call" or "audio" or "tool_call_id":
                    GenerationFields.Only($"{at}.{field.Name}", JsonFields.IsEmpty(field.Value), "this model calls no tools and hears nothing.");
                    break;
                default: break;                             // "name", "refusal" and the like change nothing
            }
        }

        return new(
            role ?? throw new RequestRefusedException(ApiError.Missing($"{at}.role")),
            content ?? throw new RequestRefusedException(ApiError.Missing($"{at}.content")));
    }

    private static string Role(string role, string at) => role switch
    {
        "system" or "user" or "assistant" => role,
        "developer" => "system",
        "tool" or "function" => throw JsonFields.Unsupported($"{at}.role", "this model calls no tools."),
        _ => throw JsonFields.Refuse($"{at}.role", $"system, developer, user or assistant is expected, not \"{role}\"."),
    };

    private static string Content(JsonElement value, string at)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return JsonFields.Text(value, at);
        }

        StringBuilder text = new();
        int index = 0;
        foreach (JsonElement part in value.EnumerateArray())
        {
            string here = $"{at}[{index++}]";
            string type = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out JsonElement kind)
                ? JsonFields.Text(kind, $"{here}.type")
                : throw JsonFields.Refuse(here, "a content part with a \"type\" is expected.");
            if (type != "text")
            {
                throw JsonFields.Unsupported($"{here}.type", $"this model reads text, not \"{type}\".");
            }

            text.Append(part.TryGetProperty("text", out JsonElement words)
                ? JsonFields.Text(words, $"{here}.text")
                : throw new RequestRefusedException(ApiError.Missing($"{here}.text")));
        }

        return text.ToString();
    }
}

/// <summary>One message; the role is system, user or assistant.</summary>
internal sealed record RequestMessage(string Role, string Content);
