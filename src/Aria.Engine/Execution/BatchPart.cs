namespace Aria.Engine.Execution;

/// <summary>One sequence's rows in a batch: what <see cref="SpanEngine.Forward(KvCache, int, Span{float}, BoundaryObserver?)"/> would be told of them alone.</summary>
/// <param name="Cache">Of this sequence; no other part of the batch has it.</param>
/// <param name="Position">The first row's position: the cache's count.</param>
/// <param name="Rows">How many rows, one after the other: a token that is being decoded, or many of a prompt.</param>
/// <param name="Observer">Told the residual after each layer of each of these rows.</param>
public readonly record struct BatchPart(KvCache Cache, int Position, int Rows, BoundaryObserver? Observer = null);
