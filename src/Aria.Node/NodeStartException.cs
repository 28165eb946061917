using System.Globalization;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Libp2p;

namespace Aria.Node;

/// <summary>A node cannot start as it was told to; nothing of it is left running. A refused ledger is told by <see cref="Ledger.LedgerRefusedException"/>.</summary>
public class NodeStartException : Exception
{
    /// <summary>Says what is wrong and what to do next.</summary>
    public NodeStartException(string problem, string nextStep, Exception? innerException = null) : base($"{problem} {nextStep}", innerException) =>
        (Problem, NextStep) = (problem, nextStep);

    /// <summary>What is wrong: one sentence.</summary>
    public string Problem { get; }

    /// <summary>What to do next: one sentence.</summary>
    public string NextStep { get; }
}

/// <summary>The node cannot listen where it was told to: the port is taken, or the address is not this machine's.</summary>
public sealed class AddressRefusedException(Multiaddress address, Exception cause)
    : NodeStartException($"The node cannot listen on {address}: {cause.Message.TrimEnd('.')}.", "Give it another port, or port 0 for a free one.", cause)
{
    /// <summary>The address.</summary>
    public Multiaddress Address { get; } = address;
}

/// <summary>Neither a built-in model nor a file bears the name.</summary>
public sealed class ModelNotFoundException(string model, Exception? cause = null)
    : NodeStartException($"There is no model '{model}'.", $"Give the path of a GGUF file, or one of: {string.Join(", ", ModelFile.BuiltInNames)}.", cause)
{
    /// <summary>The name or path.</summary>
    public string Model { get; } = model;
}

/// <summary>The file is no model that the engine runs, or has not the layers that shall be served.</summary>
public sealed class ModelUnusableException(string model, string reason, Exception? cause = null)
    : NodeStartException($"The model '{model}' cannot be used: {reason.TrimEnd('.')}.", "Choose another model or other layers.", cause)
{
    /// <summary>The name or path.</summary>
    public string Model { get; } = model;
}

/// <summary>The model's weights, or the keys and values of its sequences, do not fit into memory; nothing was loaded.</summary>
public sealed class ModelTooLargeException(string model, StageSpan span, SpanFootprint footprint, int positions, long availableBytes)
    : NodeStartException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"{span} of '{model}' takes {footprint.TotalBytes / 1e6:0} MB of memory: {footprint.WeightBytes / 1e6:0} MB of weights, {footprint.HeadBytes / 1e6:0} MB for the head, {footprint.KvBytes / 1e6:0} MB for the keys and values of {positions} positions. {availableBytes / 1e6:0} MB are free."),
        "Serve fewer layers (--layers), keep fewer positions (--kv-positions), or free memory.")
{
    /// <summary>What it would take.</summary>
    public SpanFootprint Footprint { get; } = footprint;

    /// <summary>Refuses <paramref name="span"/> with room for <paramref name="positions"/> when it takes more than <paramref name="availableBytes"/>.</summary>
    /// <exception cref="ModelTooLargeException">It does.</exception>
    public static void ThrowIfTooLarge(ModelFile model, StageSpan span, int positions, long availableBytes)
    {
        SpanFootprint footprint = SpanFootprint.Of(model, span, positions);
        if (footprint.TotalBytes > availableBytes)
        {
            throw new ModelTooLargeException(model.Name, span, footprint, positions, availableBytes);
        }
    }
}
