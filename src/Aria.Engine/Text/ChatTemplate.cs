using System.Text;

namespace Aria.Engine.Text;

/// <summary>
/// Lays a conversation out as the tokens that a model was trained on: exactly one BOS, then turn after turn, ending where the assistant
/// speaks (specs/tokenizer.md §8). A template in a model file is a program; it is recognised by its digest and never run.
/// </summary>
public sealed class ChatTemplate
{
    private readonly Tokenizer _tokenizer;
    private readonly ChatLayout _layout;

    private ChatTemplate(Tokenizer tokenizer, ChatLayout layout) => (_tokenizer, _layout) = (tokenizer, layout);

    /// <summary>The layout's name.</summary>
    public string Name => _layout.Name;

    /// <summary>Whether the layout was checked against its model's vocabulary; false where that is not to be had.</summary>
    public bool IsChecked => _layout.IsChecked;

    /// <summary>The tokens of <paramref name="messages"/>, ready for the assistant's next words.</summary>
    /// <param name="messages">Perhaps one system message, then user and assistant in turn, the user first and last.</param>
    /// <exception cref="ChatFormatException">No message, an unknown role, or another order.</exception>
    public uint[] Encode(IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Check(messages);
        ChatPrompt prompt = new(_tokenizer);
        _layout.Lay(messages, prompt);
        return prompt.Finish();
    }

    /// <summary>The layout of a model: by the catalogue, else by its template's text.</summary>
    /// <param name="template">The file's <c>tokenizer.chat_template</c>, or null.</param>
    /// <param name="model">Its name, for messages.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="layout">The layout that the catalogue knows this very file to need, whatever its template says; null for all others.</param>
    /// <exception cref="ChatFormatException">No template, an unknown one, or a vocabulary without its markers.</exception>
    internal static ChatTemplate Of(string? template, string model, Tokenizer tokenizer, string? layout = null)
    {
        if (layout is not null)
        {
            return Over(ChatLayout.All.First(known => known.Name == layout), tokenizer);
        }

        if (string.IsNullOrEmpty(template))
        {
            throw new ChatFormatException($"The model '{model}' has no chat template; it completes text only.");
        }

        string digest = Digest.Of(Encoding.UTF8.GetBytes(template)).ToString();
        return ChatLayout.All.FirstOrDefault(known => known.Digests.Contains(digest)) is { } recognised
            ? Over(recognised, tokenizer)
            : throw new ChatFormatException($"The chat template of the model '{model}' (SHA-256 {digest}) is not known here; it completes text only.");
    }

    private static ChatTemplate Over(ChatLayout layout, Tokenizer tokenizer)
    {
        foreach (string name in layout.Required)
        {
            if (!tokenizer.TryControl(name, out _))
            {
                throw new ChatFormatException($"The model's chat template needs the control token {name}, which its vocabulary lacks.");
            }
        }

        return new(tokenizer, layout);
    }

    private static void Check(IReadOnlyList<ChatMessage> messages)
    {
        int first = messages is [{ Role: ChatMessage.System }, ..] ? 1 : 0;
        for (int i = 0; i < messages.Count; i++)
        {
            (string role, string content) = messages[i] ?? throw new ChatFormatException($"Message {i} is null.");
            if (role is not (ChatMessage.System or ChatMessage.User or ChatMessage.Assistant))
            {
                throw new ChatFormatException($"Message {i} has the unknown role '{role}'; roles are system, user and assistant.");
            }

            if (content is null)
            {
                throw new ChatFormatException($"Message {i} has no content.");
            }

            string expected = i < first ? ChatMessage.System : (i - first) % 2 == 0 ? ChatMessage.User : ChatMessage.Assistant;
            if (role != expected)
            {
                throw new ChatFormatException(role == ChatMessage.System
                    ? $"Message {i} is a system message; only the first message may be one."
                    : $"Message {i} is from the {role} where the {expected}'s turn is; after an optional system message the user and the assistant take turns.");
            }
        }

        if (messages.Count == first || messages[^1].Role != ChatMessage.User)
        {
            throw new ChatFormatException("The last message must be the user's.");
        }
    }
}
