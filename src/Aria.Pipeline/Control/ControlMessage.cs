namespace Aria.Pipeline.Control;

/// <summary>What gateway and stage say to one another on a control stream (specs/pipeline.md §2).</summary>
public abstract record ControlMessage
{
    private ControlMessage()
    {
    }

    /// <summary>Gateway: the first message. Asks the stage to take its part in a plan.</summary>
    /// <param name="SignedPlan">The signed job plan, as an array [payload, signature].</param>
    /// <param name="Key">The key of the activation digests, 32 bytes.</param>
    /// <param name="Index">The stage's place in the plan.</param>
    /// <param name="SuccessorAddresses">Multiaddresses, binary, of the node that takes the output.</param>
    public sealed record Open(ReadOnlyMemory<byte> SignedPlan, ReadOnlyMemory<byte> Key, int Index, IReadOnlyList<ReadOnlyMemory<byte>> SuccessorAddresses) : ControlMessage;

    /// <summary>Stage: it will take part.</summary>
    /// <param name="Signature">Its signature over the plan acceptance, 64 bytes.</param>
    public sealed record Accepted(ReadOnlyMemory<byte> Signature) : ControlMessage;

    /// <summary>Stage: it will not.</summary>
    public sealed record Refused(RefusalCode Code, string Text) : ControlMessage;

    /// <summary>Gateway: <paramref name="Positions"/> positions were sent in and no more will come; finish them and sign.</summary>
    public sealed record Finish(int Positions) : ControlMessage;

    /// <summary>Gateway: stop now, and sign for what is computed.</summary>
    public sealed record Abort(string Reason) : ControlMessage;

    /// <summary>Stage: its signed receipt, as an array [payload, signature].</summary>
    public sealed record Receipt(ReadOnlyMemory<byte> SignedReceipt) : ControlMessage;

    /// <summary>Gateway: the signed inference record, for the stage's log.</summary>
    public sealed record Record(ReadOnlyMemory<byte> Bytes) : ControlMessage;

    /// <summary>Stage: the record stands in its log.</summary>
    public sealed record Logged(long Sequence, Digest LeafHash) : ControlMessage;

    /// <summary>Stage: it gave the session up. <paramref name="Layer"/> and <paramref name="Position"/> where known.</summary>
    public sealed record Fault(FaultCode Code, int? Position, int? Layer, string Text) : ControlMessage;

    /// <summary>Gateway: how far are you?</summary>
    public sealed record Probe : ControlMessage;

    /// <summary>Stage: positions received and positions computed and passed on.</summary>
    public sealed record Progress(int Received, int Sent) : ControlMessage;
}
