using System.Text;
using System.Text.Json;
using Aria.Pipeline.Control;
using CsCheck;

namespace Aria.Pipeline.Tests.Control;

public sealed class ControlCodecTests
{
    [Fact]
    public void Accepted_DecodeToTheirFields_AndEncodeToTheirBytes()
    {
        foreach (JsonElement vector in PipelineVectors.Read("control.json", "accepted"))
        {
            byte[] bytes = vector.Hex("bytes");
            ControlMessage expected = Expected(vector);
            ControlMessage? actual = ControlCodec.Decode(bytes);
            Assert.NotNull(actual);
            Assert.Equal(Describe(expected), Describe(actual));
            Assert.Equal(bytes, ControlCodec.Encode(expected));
            Assert.Equal(bytes, ControlCodec.Encode(actual));
        }
    }

    [Fact]
    public void EveryType_HasAVector() =>
        Assert.Equal(
            typeof(ControlMessage).GetNestedTypes().Length,
            PipelineVectors.Read("control.json", "accepted").Select(v => v.Text("type")).Distinct().Count());

    [Fact]
    public void Refused_AreRefused()
    {
        foreach (JsonElement vector in PipelineVectors.Read("control.json", "refused"))
        {
            Assert.True(ControlCodec.Decode(vector.Hex("bytes")) is null, vector.Text("name"));
        }
    }

    [Fact]
    public void RecordOverItsBound_IsRefused()
    {
        Assert.NotNull(ControlCodec.Decode(ControlCodec.Encode(new ControlMessage.Record(new byte[ControlCodec.MaxRecordBytes]))));
        Assert.Null(ControlCodec.Decode(ControlCodec.Encode(new ControlMessage.Record(new byte[ControlCodec.MaxRecordBytes + 1]))));
    }

    [Fact]
    public void EveryPrefix_AndEveryAddedByte_IsRefused()
    {
        foreach (JsonElement vector in PipelineVectors.Read("control.json", "accepted"))
        {
            byte[] bytes = vector.Hex("bytes");
            for (int length = 0; length < bytes.Length; length++)
            {
                Assert.Null(ControlCodec.Decode(bytes.AsMemory(0, length)));
            }

            Assert.Null(ControlCodec.Decode((byte[])[.. bytes, 0]));
        }
    }

    [Fact]
    public void OneChangedByte_IsRefused_OrEncodesToItself()
    {
        foreach (JsonElement vector in PipelineVectors.Read("control.json", "accepted"))
        {
            byte[] original = vector.Hex("bytes");
            Gen.Select(Gen.Int[0, original.Length - 1], Gen.Byte).Sample(
                (at, value) =>
                {
                    byte[] bytes = [.. original];
                    bytes[at] = value;
                    if (ControlCodec.Decode(bytes) is { } message)
                    {
                        Assert.Equal(bytes, ControlCodec.Encode(message));
                    }
                },
                iter: 500);
        }
    }

    [Fact]
    public void LongOrBrokenText_IsCutToWhatADecoderTakes()
    {
        foreach (string text in (string[])[new('é', 400), "lone \ud800 surrogate", "e\u0301" + new string('x', 600), new('\u0958', 300)])
        {
            ControlMessage? back = ControlCodec.Decode(ControlCodec.Encode(new ControlMessage.Refused(RefusalCode.Busy, text)));
            ControlMessage.Refused refused = Assert.IsType<ControlMessage.Refused>(back);
            Assert.InRange(Encoding.UTF8.GetByteCount(refused.Text), 1, ControlCodec.MaxTextBytes);
        }
    }

    private static ControlMessage Expected(JsonElement v) => v.Text("type") switch
    {
        "open" => new ControlMessage.Open(v.Hex("plan"), v.Hex("key"), v.Int("index"), [.. v.GetProperty("addresses").EnumerateArray().Select(a => (ReadOnlyMemory<byte>)Convert.FromHexString(a.GetString()!))]),
        "accepted" => new ControlMessage.Accepted(v.Hex("signature")),
        "refused" => new ControlMessage.Refused((RefusalCode)v.Int("code"), v.Text("text")),
        "finish" => new ControlMessage.Finish(v.Int("positions")),
        "abort" => new ControlMessage.Abort(v.Text("text")),
        "receipt" => new ControlMessage.Receipt(v.Hex("body")),
        "record" => new ControlMessage.Record(v.Hex("body")),
        "logged" => new ControlMessage.Logged(v.GetProperty("sequence").GetInt64(), new(v.Hex("leaf"))),
        "fault" => new ControlMessage.Fault((FaultCode)v.Int("code"), v.OptionalInt("position"), v.OptionalInt("layer"), v.Text("text")),
        "probe" => new ControlMessage.Probe(),
        "progress" => new ControlMessage.Progress(v.Int("received"), v.Int("sent")),
        string other => throw new InvalidDataException(other),
    };

    private static string Describe(ControlMessage message) => message switch
    {
        ControlMessage.Open m => $"open {Hex(m.SignedPlan)} {Hex(m.Key)} {m.Index} {string.Join(',', m.SuccessorAddresses.Select(Hex))}",
        ControlMessage.Accepted m => $"accepted {Hex(m.Signature)}",
        ControlMessage.Receipt m => $"receipt {Hex(m.SignedReceipt)}",
        ControlMessage.Record m => $"record {Hex(m.Bytes)}",
        _ => message.ToString(),
    };

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);
}
