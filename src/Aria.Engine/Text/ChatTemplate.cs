using System.Text;

namespace Aria.Engine.Text;

/// <summary>
/// Lays a conversation out as the tokens that a model was trained on: exactly one BOS, then turn after turn, ending where the assistant
/// speaks (specs/tokenizer.md §8). A template in a model file is a program; it is recognised by its digest and never run.
/// </summary>
public sealed class ChatTemplate
{
    private const string SystemRole = "system";
    private const string UserRole = "user";
    private const string AssistantRole = "assistant";

    // SHA-256 of the template's UTF-8 → the control tokens that open the user's and the assistant's turns and close the assistant's.
    private static readonly Dictionary<string, Markers> Known = new(StringComparer.Ordinal)
    {
        ["f6d068bd755205af4e0b21edf298a8dcc70507fe32cd08b025d2bf4318f77b61"] = new("<|user|>", "<|assistant|>", "<|eos|>"),      // aria-tiny
    };

    private readonly Tokenizer _tokenizer;
    private readonly uint _user;
    private readonly uint _assistant;
    private readonly uint _end;

    private ChatTemplate(Tokenizer tokenizer, Markers markers)
    {
        uint Control(string name) => tokenizer.TryControl(name, out uint id)
            ? id
            : throw new ChatFormatException($"The model's chat template needs the control token {name}, which its vocabulary lacks.");

        _tokenizer = tokenizer;
        (_user, _assistant, _end) = (Control(markers.User), Control(markers.Assistant), Control(markers.End));
    }

    private sealed record Markers(string User, string Assistant, string End);

    /// <summary>The tokens of <paramref name="messages"/>, ready for the assistant's next words.</summary>
    /// <param name="messages">Perhaps one system message, then user and assistant in turn, the user first and last.</param>
    /// <exception cref="ChatFormatException">No message, an unknown role, or another order.</exception>
    public uint[] Encode(IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        int first = messages is [{ Role: SystemRole }, ..] ? 1 : 0;
        Check(messages, first);
        List<uint> ids = [_tokenizer.BeginOfSequence];
        for (int i = first; i < messages.Count; i++)
        {
            bool user = messages[i].Role == UserRole;
            bool opening = i == 1 && first == 1;
            ids.Add(user ? _user : _assistant);
            ids.AddRange(_tokenizer.Encode(opening ? $"{messages[0].Content}\n{messages[i].Content}" : messages[i].Content));
            if (!user)
            {
                ids.Add(_end);
            }
        }

        ids.Add(_assistant);
        return [.. ids];
    }

    /// <summary>The format of a template, by its text.</summary>
    internal static ChatTemplate Of(string? template, string model, Tokenizer tokenizer)
    {
        if (string.IsNullOrEmpty(template))
        {
            throw new ChatFormatException($"The model '{model}' has no chat template; it completes text only.");
        }

        string digest = Digest.Of(Encoding.UTF8.GetBytes(template)).ToString();
        return Known.TryGetValue(digest, out Markers? markers)
            ? new(tokenizer, markers)
            : throw new ChatFormatException($"The chat template of the model '{model}' (SHA-256 {digest}) is not known here; it completes text only.");
    }

    private static void Check(IReadOnlyList<ChatMessage> messages, int first)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            (string role, string content) = messages[i] ?? throw new ChatFormatException($"Message {i} is null.");
            if (role is not (SystemRole or UserRole or AssistantRole))
            {
                throw new ChatFormatException($"Message {i} has the unknown role '{role}'; roles are system, user and assistant.");
            }

            if (content is null)
            {
                throw new ChatFormatException($"Message {i} has no content.");
            }

            string expected = i < first ? SystemRole : (i - first) % 2 == 0 ? UserRole : AssistantRole;
            if (role != expected)
            {
                throw new ChatFormatException(role == SystemRole
                    ? $"Message {i} is a system message; only the first message may be one."
                    : $"Message {i} is from the {role} where the {expected}'s turn is; after an optional system message the user and the assistant take turns.");
            }
        }

        if (messages.Count == first || messages[^1].Role != UserRole)
        {
            throw new ChatFormatException("The last message must be the user's.");
        }
    }
}
