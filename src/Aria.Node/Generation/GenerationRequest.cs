using System.Collections.Immutable;
using Aria.Engine.Models;
using Aria.Engine.Text;

namespace Aria.Node.Generation;

/// <summary>What a generation is asked for.</summary>
/// <param name="Model">The model; only its tokenizer and shape are used here.</param>
/// <param name="Prompt">Token ids with their BOS; at least one.</param>
/// <param name="MaxTokens">Most tokens to choose, at least 1; together with the prompt within the model's context.</param>
/// <param name="Sampling">How each token is chosen.</param>
/// <param name="Stops">Texts that end the answer and are no part of it (<see cref="TextStream"/>).</param>
public sealed record GenerationRequest(ModelFile Model, ImmutableArray<uint> Prompt, int MaxTokens, SamplingParameters Sampling, IReadOnlyList<string> Stops)
{
    /// <summary>Positions that every stage must have room for: the last token chosen is never an input.</summary>
    internal int Positions => Prompt.Length + MaxTokens - 1;

    /// <exception cref="ArgumentException">The request cannot be served by any network; says why.</exception>
    internal void Check()
    {
        int context = Model.Shape.Context, vocabulary = Model.Tokenizer.VocabularySize;
        string? objection =
            Prompt.IsDefaultOrEmpty ? "A prompt has at least one token."
            : Prompt.FirstOrDefault(token => token >= vocabulary) is var unknown and > 0 ? $"Token {unknown} is not in the model's vocabulary of {vocabulary}."
            : MaxTokens < 1 ? $"At least one token is generated, not {MaxTokens}."
            : Prompt.Length > context - MaxTokens ? $"A prompt of {Prompt.Length} tokens and an answer of up to {MaxTokens} do not fit the model's context of {context}."
            : !Sampling.IsValid ? $"Out of range: {Sampling}."
            : TextStream.Objection(Stops);
        if (objection is not null)
        {
            throw new ArgumentException(objection);
        }
    }
}
