using System.Collections.Immutable;
using Aria.Engine.Models;
using Aria.Engine.Text;
using Aria.Gateway.Errors;

namespace Aria.Gateway.Requests;

/// <summary>Lays a request's text out as the model's tokens, and sees that the answer has room (specs/gateway.md §3).</summary>
internal static class PromptTokens
{
    /// <exception cref="RequestRefusedException">Messages that the model's template cannot carry.</exception>
    public static ImmutableArray<uint> Of(ModelFile model, IReadOnlyList<RequestMessage> messages)
    {
        try
        {
            return [.. model.ChatTemplate.Encode([.. messages.Select(message => new ChatMessage(message.Role, message.Content))])];
        }
        catch (ChatFormatException e)
        {
            throw JsonFields.Refuse("messages", e.Message);
        }
    }

    /// <exception cref="RequestRefusedException">A token id that the vocabulary lacks.</exception>
    public static ImmutableArray<uint> Of(Tokenizer tokenizer, Prompt prompt)
    {
        if (prompt is Prompt.Text text)
        {
            return [tokenizer.BeginOfSequence, .. tokenizer.Encode(text.Value)];
        }

        IReadOnlyList<uint> ids = ((Prompt.Tokens)prompt).Ids;
        for (int i = 0; i < ids.Count; i++)
        {
            if (ids[i] >= tokenizer.VocabularySize)
            {
                throw JsonFields.Refuse($"prompt[{i}]", $"token ids go from 0 to {tokenizer.VocabularySize - 1}, not {ids[i]}.");
            }
        }

        return ids[0] == tokenizer.BeginOfSequence ? [.. ids] : [tokenizer.BeginOfSequence, .. ids];
    }

    /// <summary>How many tokens may be generated: as asked for, else the default as far as the context goes.</summary>
    /// <param name="prompt">Tokens of the prompt.</param>
    /// <param name="asked">What the request says.</param>
    /// <param name="otherwise">What is taken when it says nothing; null for all that is left.</param>
    /// <param name="context">Tokens that prompt and answer may have together.</param>
    /// <param name="param">The field with the prompt.</param>
    /// <exception cref="RequestRefusedException">400 <c>context_length_exceeded</c>.</exception>
    public static int RoomFor(int prompt, int? asked, int? otherwise, int context, string param)
    {
        int left = context - prompt;
        int wanted = asked ?? Math.Max(1, Math.Min(otherwise ?? left, left));
        return wanted <= left ? wanted : throw new RequestRefusedException(ApiError.ContextLength((long)prompt + wanted, context, prompt, param));
    }
}
