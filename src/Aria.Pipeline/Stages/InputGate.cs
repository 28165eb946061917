using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Aria.Pipeline.Frames;
using Aria.Provenance.Plans;

namespace Aria.Pipeline.Stages;

/// <summary>Whether a frame is the next one that a stage may take (specs/pipeline.md §3).</summary>
/// <param name="plan">The attempt's plan.</param>
/// <param name="session">The stage's session.</param>
/// <param name="dim">Values of a row.</param>
/// <param name="vocabulary">Tokens of the model.</param>
internal sealed class InputGate(JobPlan plan, SessionKey session, int dim, int vocabulary)
{
    private readonly StageSpan _span = plan.Stages[session.Index].Span;
    private int _next;

    /// <summary>The position that the next frame begins at. Read from any thread.</summary>
    public int Next => Volatile.Read(ref _next);

    /// <summary>Takes the frame, or says what is wrong with it.</summary>
    public string? Problem(in ActivationFrame frame)
    {
        if (frame.To != session)
        {
            return $"a frame for {frame.To} on the stream of {session}";
        }

        if (frame.Kind == FrameKind.End)
        {
            return frame.Position == _next ? null : $"the end at position {frame.Position}, not {_next}";
        }

        FrameKind due = _span.Embedding ? FrameKind.Tokens : FrameKind.Residual;
        if (frame.Kind != due || frame.Boundary != _span.InBoundary || frame.Position != _next)
        {
            return $"{frame.Kind} {frame.Position} at boundary {frame.Boundary} where {due} {_next} at {_span.InBoundary} are due";
        }

        if (frame.Count > plan.MaxPositions - _next || frame.Count > FrameLimit.Positions(dim))
        {
            return $"{frame.Count} positions from {_next} on are too many";
        }

        if (due == FrameKind.Residual && frame.Body.Length != (long)FrameBody.ResidualBytes(dim, plan.Sampling) * frame.Count)
        {
            return $"{frame.Body.Length} bytes for {frame.Count} rows of {dim}{(plan.Sampling.CountsTokens ? " and their tokens" : "")}";
        }

        // Rows, and behind them the tokens where they are counted.
        int rowBytes = due == FrameKind.Tokens ? 0 : 4 * dim * frame.Count;
        string? problem = IsFinite(frame.Body.Span[..rowBytes]) ? UnknownToken(frame.Body.Span[rowBytes..]) : "a row with NaN or an infinity";
        if (problem is null)
        {
            Volatile.Write(ref _next, _next + frame.Count);
        }

        return problem;
    }

    /// <summary>Whether no value of little-endian rows has an exponent of ones alone.</summary>
    internal static bool IsFinite(ReadOnlySpan<byte> rows)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<byte, uint>(rows);
        Vector<uint> exponent = new(0x7f80_0000u);
        int at = 0;
        for (; at <= bits.Length - Vector<uint>.Count; at += Vector<uint>.Count)
        {
            if (Vector.EqualsAny(new Vector<uint>(bits[at..]) & exponent, exponent))
            {
                return false;
            }
        }

        for (; at < bits.Length; at++)
        {
            if ((bits[at] & 0x7f80_0000u) == 0x7f80_0000u)
            {
                return false;
            }
        }

        return true;
    }

    private string? UnknownToken(ReadOnlySpan<byte> tokens)
    {
        for (int at = 0; at < tokens.Length; at += 4)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tokens[at..]) is var token && token >= (uint)vocabulary)
            {
                return $"token {token} of {vocabulary}";
            }
        }

        return null;
    }
}
